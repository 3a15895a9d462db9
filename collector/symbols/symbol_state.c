/* States of modules. Context: tool. */
#include "collector/symbols/symbol_state.h"

#include <string.h>

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* With names, perhaps without files and lines. */
static bool is_found(const char *state)
{
    return strcmp(state, "found") == 0 || strcmp(state, "symtab") == 0;
}

static bool is_known(const json_t *modules, const json_t *frame)
{
    size_t index;
    const json_t *module;

    json_array_foreach(modules, index, module)
    {
        if (strcmp(string_of(module, "name"), string_of(frame, "module")) ==
                0 &&
            strcmp(string_of(module, "buildId"), string_of(frame, "buildId")) ==
                0)
            return true;
    }
    return false;
}

static void add_module(const struct symbol_fill *fill, json_t *modules,
                       const json_t *frame)
{
    const json_t *debug = symbol_fill_debug(fill, frame);
    const char *state = string_of(debug, "state");
    json_t *tried = json_object_get(debug, "tried");
    json_t *module =
        json_pack("{s:s,s:s,s:s}", "name", string_of(frame, "module"),
                  "buildId", string_of(frame, "buildId"), "state",
                  is_found(state) ? "found" : "missing");

    if (strcmp(state, "symtab") == 0)
        json_object_set_new(module, "detail", json_string("functions only"));
    if (tried)
        json_object_set(module, "tried", tried);
    json_array_append_new(modules, module);
}

void symbol_state_set(const struct symbol_fill *fill, json_t *report)
{
    json_t *modules = json_array();
    bool partial = fill->unnamed > 0;
    size_t i;
    size_t j;
    const json_t *thread;
    const json_t *frame;

    json_array_foreach(json_object_get(report, "threads"), i, thread)
    {
        json_array_foreach(json_object_get(thread, "frames"), j, frame)
        {
            if (*string_of(frame, "module") && !is_known(modules, frame))
                add_module(fill, modules, frame);
        }
    }
    json_array_foreach(modules, i, thread)
    {
        partial |= strcmp(string_of(thread, "state"), "found") != 0;
    }
    json_object_set_new(report, "symbolication",
                        json_pack("{s:s,s:o}", "state",
                                  partial ? "partial" : "done", "modules",
                                  modules));
    if (fill->unnamed > 0) {
        json_object_set_new(json_object_get(report, "symbolication"),
                            "unnamedFrames",
                            json_integer((json_int_t)fill->unnamed));
    }
}

void symbol_state_missing(const struct symbol_fill *fill,
                          const json_t *evidence, json_t *missing)
{
    size_t index;
    const json_t *frame;

    json_array_foreach(json_object_get(evidence, "frames"), index, frame)
    {
        const json_t *debug =
            fill->client ? symbol_fill_debug(fill, frame) : NULL;
        const char *id = string_of(frame, "buildId");
        if (*id && strcmp(string_of(debug, "state"), "found") != 0)
            json_array_append_new(missing, json_string(id));
    }
}
