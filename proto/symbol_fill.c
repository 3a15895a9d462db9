/* From frames to questions, and answers to frames. Context: tool. */
#include "proto/symbol_fill.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define KEY_BYTES 4400

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

struct symbol_fill symbol_fill_init(struct symbol_client *client, bool by_path,
                                    int64_t wait_ms)
{
    return (struct symbol_fill){
        .client = client,
        .by_path = by_path,
        .until_ms = now_ms() + wait_ms,
        .places_left = SYMBOL_FILL_PLACES_MAX,
        .modules = json_object(),
        .answers = json_object(),
    };
}

void symbol_fill_end(struct symbol_fill *fill)
{
    json_decref(fill->modules);
    json_decref(fill->answers);
    fill->modules = fill->answers = NULL;
}

static json_t *ask(struct symbol_fill *fill, json_t *request)
{
    int64_t left_ms = fill->until_ms - now_ms();
    json_t *answer = NULL;

    if (request && left_ms > 0)
        answer = symbol_client_ask(fill->client, request, left_ms);
    json_decref(request);
    return answer;
}

static const char *module_of(const struct symbol_fill *fill,
                             const json_t *frame)
{
    return fill->by_path ? string_of(frame, "module") : "";
}

/*
 * Nothing but its times tells that a file without a build-id is still the one
 * that was loaded. Installing keeps the time of its contents, not that of the
 * last change (inode(7)).
 */
static bool is_other_by_now(const struct symbol_fill *fill, const json_t *frame)
{
    struct stat status;

    if (*string_of(frame, "buildId") || fill->since_ms == 0 ||
        stat(module_of(fill, frame), &status) < 0)
        return false;
    return (int64_t)status.st_ctim.tv_sec * 1000 +
               status.st_ctim.tv_nsec / 1000000 >
           fill->since_ms;
}

/* moduleOffset, less one behind a call: the call is what is meant. */
static json_t *request_of(const struct symbol_fill *fill, const json_t *frame)
{
    const char *offset = string_of(frame, "moduleOffset");
    const char *id = string_of(frame, "buildId");
    char address[24];

    if (!*offset || (!*id && !fill->by_path))
        return NULL;
    uint64_t value = strtoull(offset, NULL, 16);
    if (strcmp(string_of(frame, "pcKind"), "RETURN_ADDRESS") == 0 && value > 0)
        value--;
    (void)snprintf(address, sizeof address, "0x%" PRIx64, value);
    return json_pack("{s:s,s:s,s:s}", "module", module_of(fill, frame),
                     "buildId", id, "address", address);
}

static void copy(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    if (value)
        json_object_set(to, key, value);
}

/* Appends frame, and before it what was inlined there, to frames. */
static void append(json_t *frames, const json_t *frame, const json_t *answer)
{
    const json_t *found = json_object_get(answer, "frames");
    size_t count = json_array_size(found);

    if (count > SYMBOL_FILL_INLINED_MAX)
        count = SYMBOL_FILL_INLINED_MAX;
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_copy((json_t *)(uintptr_t)frame);
        const json_t *name = json_array_get(found, i);
        copy(one, name, "function");
        copy(one, name, "file");
        copy(one, name, "line");
        if (i + 1 < count)
            json_object_set_new(one, "inlined", json_true());
        json_array_append_new(frames, one);
    }
    if (count == 0)
        json_array_append(frames, (json_t *)(uintptr_t)frame);
}

/* What the child said of the frame's module, once a report. */
static void note_module(struct symbol_fill *fill, const json_t *frame)
{
    const json_t *debug = symbol_fill_debug(fill, frame);
    char key[KEY_BYTES];

    (void)snprintf(key, sizeof key, "%.200s %.4096s",
                   string_of(frame, "buildId"), module_of(fill, frame));
    if (!debug || json_object_get(fill->modules, key))
        return;
    json_object_set_new(fill->modules, key,
                        json_pack("{s:O?,s:O}", "module",
                                  json_object_get(frame, "module"), "debug",
                                  (json_t *)(uintptr_t)debug));
}

/* As the child says it of a file that has another build-id. */
static void note_other(struct symbol_fill *fill, const json_t *frame)
{
    const char *module = module_of(fill, frame);
    char key[KEY_BYTES];

    (void)snprintf(key, sizeof key, " %.4096s", module);
    json_object_set_new(fill->modules, key,
                        json_pack("{s:s,s:{s:s}}", "module", module, "debug",
                                  "state", "mismatch"));
}

/* Asks once for each place; a new reference, or NULL. Takes request. */
static json_t *answer_of(struct symbol_fill *fill, json_t *request)
{
    char *key = json_dumps(request, JSON_COMPACT);
    json_t *answer = key ? json_object_get(fill->answers, key) : NULL;

    if (answer) {
        json_incref(answer);
        json_decref(request);
    } else if (fill->places_left > 0) {
        fill->places_left--;
        answer = ask(fill, request);
        if (json_object_size(fill->answers) == SYMBOL_FILL_KEPT_MAX)
            json_object_clear(fill->answers);
        if (answer && key)
            json_object_set(fill->answers, key, answer);
    } else {
        json_decref(request);
    }
    free(key);
    return answer;
}

/* One frame with its answer; inlined: what stood before it, which is emptied.
 * Those of an earlier filling come again, unless nothing is known here. */
static void fill_frame(struct symbol_fill *fill, json_t *frame, json_t *inlined,
                       json_t *filled)
{
    bool other = is_other_by_now(fill, frame);
    json_t *request = other ? NULL : request_of(fill, frame);
    json_t *answer = request ? answer_of(fill, request) : NULL;

    if (other)
        note_other(fill, frame);

    fill->unnamed += request && !answer;
    if (answer)
        note_module(fill, frame);
    if (json_array_size(json_object_get(answer, "frames")) == 0)
        json_array_extend(filled, inlined);
    json_array_clear(inlined);
    append(filled, frame, answer);
    json_decref(answer);
}

void symbol_fill_frames(struct symbol_fill *fill, json_t *holder)
{
    json_t *filled = json_array();
    json_t *inlined = json_array();
    size_t index;
    json_t *frame;

    json_array_foreach(json_object_get(holder, "frames"), index, frame)
    {
        if (json_is_true(json_object_get(frame, "inlined"))) {
            json_array_append(inlined, frame);
        } else {
            fill_frame(fill, frame, inlined, filled);
        }
    }
    json_array_extend(filled, inlined);
    if (json_object_get(holder, "frames"))
        json_object_set(holder, "frames", filled);
    json_decref(filled);
    json_decref(inlined);
}

static void fill_all(struct symbol_fill *fill, json_t *holders)
{
    size_t index;
    json_t *holder;

    json_array_foreach(holders, index, holder)
    {
        symbol_fill_frames(fill, holder);
    }
}

void symbol_fill_type(struct symbol_fill *fill, json_t *object, const char *key)
{
    json_t *type = json_object_get(object, key);

    if (!type)
        return;
    json_t *answer = ask(fill, json_pack("{s:O}", "type", type));
    json_t *plain = json_object_get(answer, "type");
    if (plain)
        json_object_set(object, key, plain);
    json_decref(answer);
}

void symbol_fill_report(struct symbol_fill *fill, json_t *report)
{
    json_t *fault = json_object_get(report, "heapFault");

    fill_all(fill, json_object_get(report, "threads"));
    symbol_fill_type(
        fill, json_object_get(json_object_get(report, "crash"), "exception"),
        "type");
    fill_all(fill, json_object_get(json_object_get(report, "heap"), "sites"));
    symbol_fill_frames(fill, json_object_get(fault, "allocation"));
    symbol_fill_frames(fill, json_object_get(fault, "free"));
}

const json_t *symbol_fill_debug(const struct symbol_fill *fill,
                                const json_t *frame)
{
    return symbol_client_debug(fill->client, module_of(fill, frame),
                               string_of(frame, "buildId"));
}
