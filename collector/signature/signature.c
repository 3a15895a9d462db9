/* From evidence to a signature. Context: tool. */
#include "collector/signature/signature.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/signature/frame_name.h"
#include "collector/signature/siglist.h"
#include "proto/base/fmt.h"

#define BUILD_ID_DIGITS 8
#define NO_APPLICATION  "no application frame"

enum rule {
    RULE_NONE,
    RULE_SENTINEL,
    RULE_IRRELEVANT,
    RULE_PREFIX,
    RULE_TAKEN
};

struct frame {
    char name[FRAME_NAME_BYTES];  /* normalised; "" for none */
    char place[FRAME_NAME_BYTES]; /* module@build-id+offset */
    const char *module;
    enum rule rule;
    const char *list;
    unsigned line;
    int index; /* in the evidence */
};

struct walk {
    struct frame frames[SIGNATURE_FRAMES_MAX];
    size_t count;
};

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void fill_frame(const json_t *json, int index, struct frame *frame)
{
    const char *function = string_of(json, "function");
    const char *build_id = string_of(json, "buildId");

    *frame = (struct frame){.index = index};
    frame->module = base_name(string_of(json, "module"));
    if (*function)
        frame_name_normalise(function, frame->name);
    (void)snprintf(frame->place, sizeof frame->place, "%.80s@%.*s+%.20s",
                   *frame->module ? frame->module : "?", BUILD_ID_DIGITS,
                   *build_id ? build_id : "none",
                   string_of(json, "moduleOffset"));
}

static bool same_frame(const struct frame *a, const struct frame *b)
{
    return *a->name || *b->name ? strcmp(a->name, b->name) == 0
                                : strcmp(a->place, b->place) == 0;
}

/* Whether the last period frames repeat those before them. */
static bool repeats(const struct walk *walk, size_t period)
{
    if (walk->count < 2 * period)
        return false;
    const struct frame *end = walk->frames + walk->count;
    for (size_t i = 1; i <= period; i++) {
        if (!same_frame(end - i, end - i - period))
            return false;
    }
    return true;
}

/* Recursion counts once, however deep it went. */
static void fold(struct walk *walk)
{
    for (size_t period = 1; period <= SIGNATURE_PERIOD_MAX; period++) {
        if (repeats(walk, period)) {
            walk->count -= period;
            return;
        }
    }
}

static void read_frames(const json_t *frames, struct walk *walk)
{
    size_t index;
    const json_t *json;

    json_array_foreach(frames, index, json)
    {
        if (walk->count == SIGNATURE_FRAMES_MAX)
            return;
        fill_frame(json, (int)index, &walk->frames[walk->count++]);
        fold(walk);
    }
}

static bool listed(struct frame *frame, enum siglist_name list, enum rule rule)
{
    const char *subject = list == SIGLIST_SYSTEM ? frame->module : frame->name;
    unsigned line = siglist_match(list, frame->module, subject);

    if (line == 0)
        return false;
    frame->rule = rule;
    frame->list = siglist_file(list);
    frame->line = line;
    return true;
}

static void classify(struct frame *frame)
{
    if (!*frame->name) {
        if (!listed(frame, SIGLIST_SYSTEM, RULE_IRRELEVANT))
            frame->rule = RULE_TAKEN;
        return;
    }
    if (!listed(frame, SIGLIST_IRRELEVANT, RULE_IRRELEVANT) &&
        !listed(frame, SIGLIST_PREFIX, RULE_PREFIX) &&
        !listed(frame, SIGLIST_SYSTEM, RULE_PREFIX))
        frame->rule = RULE_TAKEN;
}

/* Where to start: behind the sentinel, if there is one. */
static size_t find_sentinel(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        struct frame *frame = &walk->frames[i];
        if (!*frame->name || !listed(frame, SIGLIST_SENTINEL, RULE_SENTINEL))
            continue;
        for (size_t before = 0; before < i; before++)
            walk->frames[before].rule = RULE_IRRELEVANT;
        return i;
    }
    return walk->count;
}

static void add_part(struct text *title, const char *part)
{
    if (title->size_bytes > 0)
        text_append(title, " | ");
    text_append(title, part);
}

/* The innermost place that says something, or else the innermost. */
static struct frame *innermost(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        struct frame *frame = &walk->frames[i];
        if (frame->rule != RULE_IRRELEVANT &&
            siglist_match(SIGLIST_SYSTEM, NULL, frame->module) == 0)
            return frame;
    }
    return walk->count > 0 ? &walk->frames[0] : NULL;
}

/* Walks until a frame ends the signature; whether one did. */
static bool take_frames(struct walk *walk, struct text *title)
{
    size_t sentinel = find_sentinel(walk);
    size_t parts = 0;

    if (sentinel < walk->count)
        add_part(title, walk->frames[sentinel].name);
    for (size_t i = sentinel < walk->count ? sentinel + 1 : 0; i < walk->count;
         i++) {
        struct frame *frame = &walk->frames[i];
        classify(frame);
        if (frame->rule == RULE_IRRELEVANT)
            continue;
        add_part(title, *frame->name ? frame->name : frame->place);
        if (frame->rule == RULE_TAKEN)
            return true;
        if (++parts == SIGNATURE_PARTS_MAX)
            break;
    }
    return false;
}

static void add_frames(struct walk *walk, struct text *title)
{
    if (take_frames(walk, title))
        return;
    struct frame *frame = innermost(walk);
    if (!frame)
        return;
    frame->rule = RULE_TAKEN;
    frame->list = NO_APPLICATION;
    add_part(title, frame->place);
}

static void tell_steps(const struct walk *walk, json_t *steps)
{
    static const char *const rules[] = {"none", "sentinel", "irrelevant",
                                        "prefix", "taken"};

    for (size_t i = 0; i < walk->count; i++) {
        const struct frame *frame = &walk->frames[i];
        json_t *step =
            json_pack("{s:i,s:s,s:s,s:s}", "frame", frame->index, "function",
                      *frame->name ? frame->name : frame->place, "module",
                      frame->module, "rule", rules[frame->rule]);
        if (frame->list)
            json_object_set_new(step, "list", json_string(frame->list));
        if (frame->line)
            json_object_set_new(step, "line", json_integer(frame->line));
        json_array_append_new(steps, step);
    }
}

/* "SIGABRT sent: double free or corruption (out)" */
static void make_subtitle(const json_t *evidence, char *subtitle)
{
    struct text text = text_init(subtitle, SIGNATURE_DETAIL_BYTES);
    static const char *const reasons[] = {"exception", "abortMessage",
                                          "detail"};

    text_append(&text, string_of(evidence, "signal"));
    if (*string_of(evidence, "code")) {
        text_append(&text, " ");
        text_append(&text, string_of(evidence, "code"));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(reasons); i++) {
        const char *reason = string_of(evidence, reasons[i]);
        if (*reason) {
            text_append(&text, text.size_bytes > 0 ? ": " : "");
            text_append(&text, reason);
            return;
        }
    }
}

static bool is_out_of_memory(const json_t *evidence)
{
    return strcmp(string_of(evidence, "detail"), "OOM_KILL") == 0 ||
           strcmp(string_of(evidence, "kind"), "ALLOCATION_FAILURE") == 0 ||
           strcmp(string_of(evidence, "exception"), "std::bad_alloc") == 0;
}

/* What a group without a place in the code is known by: "MEMORY slope". */
static void add_occasion(const json_t *evidence, struct text *title)
{
    if (is_out_of_memory(evidence))
        add_part(title, "OOM");
    if (strcmp(string_of(evidence, "kind"), "MEMORY_ALARM") == 0) {
        add_part(title, "MEMORY ");
        text_append(title, string_of(evidence, "detail"));
    }
}

static int64_t make_id(int64_t project, const json_t *evidence,
                       const char *title)
{
    static const char *const keys[] = {"kind", "app",          "signal",
                                       "code", "abortMessage", "exception"};
    const uint32_t algorithm = SIGNATURE_ALGORITHM;
    crypto_generichash_state state;
    uint8_t hash[crypto_generichash_BYTES_MIN];
    int64_t id;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_update(&state, (const uint8_t *)&algorithm,
                                    sizeof algorithm);
    (void)crypto_generichash_update(&state, (const uint8_t *)&project,
                                    sizeof project);
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const char *value = string_of(evidence, keys[i]);
        (void)crypto_generichash_update(&state, (const uint8_t *)value,
                                        strlen(value) + 1);
    }
    (void)crypto_generichash_update(&state, (const uint8_t *)title,
                                    strlen(title));
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(&id, hash, sizeof id);
    return id;
}

void signature_make(int64_t project, const json_t *evidence, json_t *steps,
                    struct signature *ret_signature)
{
    struct walk *walk = calloc(1, sizeof *walk);
    struct text title = text_init(ret_signature->title, SIGNATURE_TITLE_BYTES);
    struct text names = text_init(ret_signature->names, SIGNATURE_NAMES_BYTES);

    add_occasion(evidence, &title);
    if (walk) {
        read_frames(json_object_get(evidence, "frames"), walk);
        add_frames(walk, &title);
        for (size_t i = 0; i < walk->count; i++) {
            text_append(&names, walk->frames[i].name);
            text_append(&names, "\n");
        }
    }
    if (walk && steps)
        tell_steps(walk, steps);
    free(walk);
    if (title.size_bytes == 0) {
        const char *detail = string_of(evidence, "detail");
        add_part(&title, *detail ? detail : "no stack");
    }
    make_subtitle(evidence, ret_signature->subtitle);
    ret_signature->id = make_id(project, evidence, ret_signature->title);
}
