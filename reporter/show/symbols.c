/* What was found is told by the child, module by module. Context: tool. */
#include "reporter/show/symbols.h"

#include <stdlib.h>
#include <string.h>

#include "proto/symbol_fill.h"
#include "reporter/show/debug_package.h"
#include "reporter/show/symbolizer.h"
#include "reporter/show/view.h"
#include "reporter/state_file.h"

struct symbols {
    struct symbol_client *client; /* NULL: not installed */
    json_t *packages;             /* by module; null where none is known */
};

struct symbols *symbols_start(const char *debuginfod)
{
    struct symbols *symbols = calloc(1, sizeof *symbols);

    if (!symbols)
        return NULL;
    symbols->packages = json_object();
    DROP(symbolizer_start(debuginfod, &symbols->client)); /* NULL says it */
    return symbols;
}

void symbols_stop(struct symbols **symbols)
{
    if (!*symbols)
        return;
    symbol_client_stop(&(*symbols)->client);
    json_decref((*symbols)->packages);
    free(*symbols);
    *symbols = NULL;
}

static const char *lack_text(const char *state)
{
    if (strcmp(state, "mismatch") == 0)
        return "the file was replaced since, so no names";
    return strcmp(state, "symtab") == 0 ? "functions only, no files and lines"
                                        : "no symbols";
}

static bool is_whole(const json_t *module)
{
    return strcmp(view_text(json_object_get(module, "debug"), "state"),
                  "found") == 0;
}

/* Those of modules without files and lines: borrowed. */
static json_t *lacking_of(const json_t *modules)
{
    json_t *lacking = json_array();
    const char *key;
    json_t *module;

    json_object_foreach((json_t *)(uintptr_t)modules, key, module)
    {
        if (!is_whole(module))
            json_array_append(lacking, module);
    }
    return lacking;
}

/* Asks for all packages at once, and for each module once. */
static void find_packages(struct symbols *symbols, const json_t *lacking)
{
    json_t *asked = json_array();
    size_t index;
    json_t *module;

    json_array_foreach(lacking, index, module)
    {
        if (!json_object_get(symbols->packages, view_text(module, "module")))
            json_array_append(asked, json_object_get(module, "module"));
    }
    json_t *found = json_array_size(asked) > 0 ? debug_packages(asked) : NULL;
    json_array_foreach(asked, index, module)
    {
        const char *path = json_string_value(module);
        json_t *package = json_object_get(found, path);
        json_object_set(symbols->packages, path,
                        package ? package : json_null());
    }
    json_decref(found);
    json_decref(asked);
}

/* Build-id, which package, where it was looked for. */
static void tell_lack(const struct symbols *symbols, const json_t *module,
                      json_t *told)
{
    const json_t *debug = json_object_get(module, "debug");
    const char *path = view_text(module, "module");
    const char *id = view_text(debug, "buildId");
    const char *package = view_text(symbols->packages, path);
    size_t index;
    json_t *tried;

    json_array_append_new(
        told, json_sprintf("%s (build-id %s): %s", path, *id ? id : "none",
                           lack_text(view_text(debug, "state"))));
    if (*package) {
        json_array_append_new(
            told,
            json_sprintf("  the Debian package %s would have them", package));
    }
    json_array_foreach(json_object_get(debug, "tried"), index, tried)
    {
        json_array_append_new(
            told, json_sprintf("  tried %s", json_string_value(tried)));
    }
}

/* Where files and lines come from. */
static void tell_found(const json_t *modules, json_t *told)
{
    const char *key;
    json_t *module;

    json_object_foreach((json_t *)(uintptr_t)modules, key, module)
    {
        const char *path = view_text(module, "module");
        const char *place = view_text(json_object_get(module, "debug"), "path");
        if (!is_whole(module))
            continue;
        json_array_append_new(told,
                              json_sprintf("%s: files and lines from %s", path,
                                           *place == '\0' ? "the symbol cache"
                                           : strcmp(place, path) == 0 ? "itself"
                                                                      : place));
    }
}

static void tell_all(struct symbols *symbols, const struct symbol_fill *fill,
                     json_t *told)
{
    json_t *lacking = lacking_of(fill->modules);
    size_t index;
    json_t *module;

    find_packages(symbols, lacking);
    json_array_foreach(lacking, index, module)
    {
        tell_lack(symbols, module, told);
    }
    json_decref(lacking);
    tell_found(fill->modules, told);
    if (fill->unnamed > 0) {
        json_array_append_new(
            told,
            json_sprintf("%zu frames were not looked up: %s", fill->unnamed,
                         symbol_client_spent(fill->client)
                             ? "inquest-symbolicate ended early"
                             : "too many places for one report"));
    }
}

void symbols_fill(struct symbols *symbols, json_t *report, json_t *told)
{
    if (!symbols || !symbols->client) {
        if (told) {
            json_array_append_new(
                told, json_string("inquest-symbolicate is missing: no names"));
        }
        return;
    }
    struct symbol_fill fill =
        symbol_fill_init(symbols->client, true, SYMBOLS_WAIT_MS);
    if (clock_parse(view_text(report, "time"), &fill.since_ms) < 0)
        fill.since_ms = 0; /* one that is being looked at */
    symbol_fill_report(&fill, report);
    if (told)
        tell_all(symbols, &fill, told);
    symbol_fill_end(&fill);
}

void symbols_fill_one(const char *debuginfod, json_t *report, json_t *told)
{
    struct symbols *symbols = symbols_start(debuginfod);

    symbols_fill(symbols, report, told);
    symbols_stop(&symbols);
}
