/* One request at a time. Context: tool. */
#include "symbolicate/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/fmt.h"
#include "symbolicate/demangle.h"
#include "symbolicate/print.h"

struct module {
    char *path;
    char *build_id;
    struct symbols *symbols;
    bool told;
};

static struct module modules[MODULES_MAX];
static size_t module_count;

bool parse_address(const char *line, uint64_t *ret_address)
{
    const char *at = line + strspn(line, " \t");
    const char *end = line + strlen(line);

    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        at += 2;
    if (fmt_parse_u64(&at, end, 16, ret_address) < 0)
        return false;
    return at[strspn(at, " \t\r\n")] == '\0';
}

static struct module *module_at(const char *path, const char *build_id,
                                const struct serve_options *options)
{
    struct debug_search search = {path, build_id, options->directories,
                                  options->directory_count};

    for (size_t i = 0; i < module_count; i++) {
        if (strcmp(modules[i].path, path) == 0 &&
            strcmp(modules[i].build_id, build_id) == 0)
            return &modules[i];
    }
    if (module_count == MODULES_MAX)
        return NULL;
    struct module *module = &modules[module_count];
    *module = (struct module){
        .path = strdup(path),
        .build_id = strdup(build_id),
        .symbols = symbols_open(&search, options->store),
    };
    if (!module->path || !module->build_id || !module->symbols)
        return NULL;
    module_count++;
    return module;
}

/* Said once a module: what was found, where, or what was tried. */
static json_t *debug_json(const struct symbols *symbols)
{
    static const char *const states[] = {
        [DEBUG_MISSING] = "missing",
        [DEBUG_MISMATCH] = "mismatch",
        [DEBUG_SYMTAB] = "symtab",
        [DEBUG_FOUND] = "found",
    };
    const struct debug_file *file = symbols_file(symbols);
    json_t *tried = json_array();

    for (size_t i = 0; i < file->tried_count; i++)
        json_array_append_new(tried, json_string(file->tried[i]));
    return json_pack("{s:s,s:s,s:s,s:o}", "state", states[file->state],
                     "buildId", file->build_id, "path",
                     file->debug[0] ? file->debug : file->main, "tried", tried);
}

static void answer_type(const char *type)
{
    char *plain = demangle_type(type);

    print_json(json_pack("{s:s}", "type", plain ? plain : type));
    free(plain);
}

static void answer_request(const json_t *request,
                           const struct serve_options *options)
{
    struct symbols_frame frames[SYMBOLS_FRAMES_MAX];
    const char *path = json_string_value(json_object_get(request, "module"));
    const char *id = json_string_value(json_object_get(request, "buildId"));
    const char *text = json_string_value(json_object_get(request, "address"));
    const char *type = json_string_value(json_object_get(request, "type"));
    uint64_t address = 0;

    if (type) {
        answer_type(type);
        return;
    }
    if (!path || !text || !parse_address(text, &address)) {
        print_json(json_pack("{s:s,s:[]}", "error",
                             "expected module and address", "frames"));
        return;
    }
    struct module *module = module_at(path, id ? id : "", options);
    size_t count =
        module ? symbols_resolve(module->symbols, address, frames) : 0;
    json_t *answer = answer_json(address, frames, count);
    if (module && !module->told) {
        json_object_set_new(answer, "debug", debug_json(module->symbols));
        module->told = true;
    }
    print_json(answer);
    if (module)
        symbols_trim(module->symbols);
}

void serve(const struct serve_options *options)
{
    char line[LINE_BYTES_MAX];

    while (fgets(line, sizeof line, stdin)) {
        json_t *request = json_loads(line, 0, NULL);
        answer_request(request, options);
        json_decref(request);
        (void)fflush(stdout);
    }
    for (size_t i = 0; i < module_count; i++) {
        symbols_close(&modules[i].symbols);
        free(modules[i].path);
        free(modules[i].build_id);
    }
}
