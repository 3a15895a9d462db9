/* Frame by frame, module by module. Context: tool. */
#include "reporter/upload/symbols.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reporter/upload/debug_package.h"

#define MODULE_KEY_BYTES 4400 /* a path and a build-id */

struct filling {
    struct symbolizer *symbolizer;
    json_t *lacking; /* what the child said of modules without files, lines */
    json_t *seen;    /* modules of this report */
    size_t frames_left;
};

/* moduleOffset, less one behind a call: the call is what is meant. */
static json_t *request_of(const json_t *frame)
{
    const char *module = json_string_value(json_object_get(frame, "module"));
    const char *id = json_string_value(json_object_get(frame, "buildId"));
    const char *offset =
        json_string_value(json_object_get(frame, "moduleOffset"));
    const char *kind = json_string_value(json_object_get(frame, "pcKind"));
    char address[24];

    if (!module || !offset)
        return NULL;
    uint64_t value = strtoull(offset, NULL, 16);
    if (kind && strcmp(kind, "RETURN_ADDRESS") == 0 && value > 0)
        value--;
    snprintf(address, sizeof address, "0x%" PRIx64, value);
    return json_pack("{s:s,s:s,s:s}", "module", module, "buildId", id ? id : "",
                     "address", address);
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

    if (count > SYMBOLS_INLINED_MAX)
        count = SYMBOLS_INLINED_MAX;
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

/* What the child said of a module, once; and once a report what it lacks. */
static void note_debug(struct filling *filling, const json_t *frame,
                       const json_t *answer)
{
    json_t *known = symbolizer_modules(filling->symbolizer);
    const char *module = json_string_value(json_object_get(frame, "module"));
    const char *id = json_string_value(json_object_get(frame, "buildId"));
    char key[MODULE_KEY_BYTES];

    (void)snprintf(key, sizeof key, "%s %s", module, id ? id : "");
    json_t *debug = json_object_get(answer, "debug");
    if (debug)
        json_object_set(known, key, debug);
    debug = json_object_get(known, key);
    if (!debug || json_object_get(filling->seen, key))
        return;
    json_object_set_new(filling->seen, key, json_true());
    const char *state = json_string_value(json_object_get(debug, "state"));
    if (state && strcmp(state, "found") != 0) {
        json_object_set(debug, "module", json_object_get(frame, "module"));
        json_array_append(filling->lacking, debug);
    }
}

static void fill_frames(struct filling *filling, json_t *holder)
{
    json_t *frames = json_object_get(holder, "frames");
    json_t *filled = json_array();
    size_t index;
    json_t *frame;

    json_array_foreach(frames, index, frame)
    {
        if (json_is_true(json_object_get(frame, "inlined")))
            continue; /* of an earlier filling: it comes again */
        json_t *request = filling->frames_left > 0 ? request_of(frame) : NULL;
        json_t *answer =
            request ? symbolizer_ask(filling->symbolizer, request) : NULL;
        filling->frames_left -= request != NULL;
        if (answer)
            note_debug(filling, frame, answer);
        append(filled, frame, answer);
        json_decref(request);
        json_decref(answer);
    }
    if (frames)
        json_object_set(holder, "frames", filled);
    json_decref(filled);
}

static void fill_all(struct filling *filling, json_t *holders)
{
    size_t index;
    json_t *holder;

    json_array_foreach(holders, index, holder)
    {
        fill_frames(filling, holder);
    }
}

/* The type of a C++ exception as people write it. */
static void fill_exception(struct filling *filling, json_t *exception)
{
    json_t *type = json_object_get(exception, "type");

    if (!type)
        return;
    json_t *request = json_pack("{s:O}", "type", type);
    json_t *answer =
        request ? symbolizer_ask(filling->symbolizer, request) : NULL;
    json_t *plain = json_object_get(answer, "type");
    if (plain)
        json_object_set(exception, "type", plain);
    json_decref(request);
    json_decref(answer);
}

static const char *lack_text(const char *state)
{
    if (strcmp(state, "mismatch") == 0)
        return "the file was replaced since, so no names";
    return strcmp(state, "symtab") == 0 ? "functions only, no files and lines"
                                        : "no symbols";
}

/* Build-id, which package, where it was looked for. */
static void tell_lack(const json_t *debug, json_t *missing)
{
    const char *module = json_string_value(json_object_get(debug, "module"));
    const char *state = json_string_value(json_object_get(debug, "state"));
    const char *id = json_string_value(json_object_get(debug, "buildId"));
    const char *package = json_string_value(json_object_get(debug, "package"));
    size_t index;
    json_t *tried;

    json_array_append_new(missing, json_sprintf("%s (build-id %s): %s", module,
                                                id && *id ? id : "none",
                                                lack_text(state)));
    if (package) {
        json_array_append_new(
            missing,
            json_sprintf("  the Debian package %s would have them", package));
    }
    json_array_foreach(json_object_get(debug, "tried"), index, tried)
    {
        json_array_append_new(
            missing, json_sprintf("  tried %s", json_string_value(tried)));
    }
}

/* Asks for all packages at once, and for each module once. */
static void find_packages(const json_t *lacking)
{
    json_t *modules = json_array();
    size_t index;
    json_t *debug;

    json_array_foreach(lacking, index, debug)
    {
        if (!json_object_get(debug, "package"))
            json_array_append(modules, json_object_get(debug, "module"));
    }
    json_t *packages =
        json_array_size(modules) > 0 ? debug_packages(modules) : NULL;
    json_array_foreach(lacking, index, debug)
    {
        const char *module =
            json_string_value(json_object_get(debug, "module"));
        json_t *package = json_object_get(packages, module);
        if (!json_object_get(debug, "package")) {
            json_object_set_new(debug, "package",
                                package ? json_incref(package) : json_null());
        }
    }
    json_decref(packages);
    json_decref(modules);
}

static void tell_lacking(const json_t *lacking, json_t *missing)
{
    size_t index;
    json_t *debug;

    find_packages(lacking);
    json_array_foreach(lacking, index, debug)
    {
        tell_lack(debug, missing);
    }
}

void symbols_fill(struct symbolizer *symbolizer, json_t *report,
                  json_t *missing)
{
    struct filling filling = {
        .symbolizer = symbolizer,
        .lacking = json_array(),
        .seen = json_object(),
        .frames_left = SYMBOLS_FRAMES_MAX,
    };
    json_t *fault = json_object_get(report, "heapFault");

    if (!symbolizer) {
        json_array_append_new(
            missing, json_string("inquest-symbolicate is missing: no names"));
    } else {
        fill_all(&filling, json_object_get(report, "threads"));
        fill_exception(
            &filling,
            json_object_get(json_object_get(report, "crash"), "exception"));
        fill_all(&filling,
                 json_object_get(json_object_get(report, "heap"), "sites"));
        if (fault) {
            fill_frames(&filling, json_object_get(fault, "allocation"));
            fill_frames(&filling, json_object_get(fault, "free"));
        }
        tell_lacking(filling.lacking, missing);
    }
    json_decref(filling.lacking);
    json_decref(filling.seen);
}

void symbols_fill_one(const char *debuginfod, json_t *report, json_t *missing)
{
    struct symbolizer *symbolizer = NULL;

    DROP(symbolizer_start(debuginfod, &symbolizer)); /* NULL says it */
    symbols_fill(symbolizer, report, missing);
    symbolizer_stop(&symbolizer);
}
