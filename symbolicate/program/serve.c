/* One request at a time. Context: tool. */
#include "symbolicate/program/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/fmt.h"
#include "symbolicate/demangle.h"
#include "symbolicate/program/print.h"

struct module {
    char *path;
    char *build_id;
    struct symbols *symbols;
    bool told;
    uint64_t asked; /* the number of the last question */
};

static struct module modules[MODULES_MAX];
static size_t module_count;
static uint64_t question_count;

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

static void module_close(struct module *module)
{
    symbols_close(&module->symbols);
    free(module->path);
    free(module->build_id);
    *module = (struct module){0};
}

static struct module *module_known(const char *path, const char *build_id)
{
    for (size_t i = 0; i < module_count; i++) {
        if (strcmp(modules[i].path, path) == 0 &&
            strcmp(modules[i].build_id, build_id) == 0)
            return &modules[i];
    }
    return NULL;
}

/* A place for one more; where there is none, that of the least recent. */
static struct module *module_place(void)
{
    struct module *place = &modules[0];

    if (module_count < MODULES_MAX)
        return &modules[module_count++];
    for (size_t i = 1; i < module_count; i++) {
        if (modules[i].asked < place->asked)
            place = &modules[i];
    }
    module_close(place);
    return place;
}

static struct module *module_at(const char *path, const char *build_id,
                                const struct serve_options *options)
{
    struct debug_search search = {path, build_id, options->directories,
                                  options->directory_count,
                                  options->debuginfod};
    struct module *module = module_known(path, build_id);

    if (!module) {
        struct module made = {
            .path = strdup(path),
            .build_id = strdup(build_id),
            .symbols = symbols_open(&search, options->store),
        };
        if (!made.path || !made.build_id || !made.symbols) {
            module_close(&made);
            return NULL;
        }
        module = module_place();
        *module = made;
    }
    module->asked = ++question_count;
    return module;
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

void serve_progress(void *context, const char *build_id, uint64_t bytes,
                    uint64_t total_bytes)
{
    (void)context;
    print_json(json_pack("{s:{s:s,s:I,s:I}}", "progress", "buildId", build_id,
                         "bytes", (json_int_t)bytes, "total",
                         (json_int_t)total_bytes));
    (void)fflush(stdout);
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
    for (size_t i = 0; i < module_count; i++)
        module_close(&modules[i]);
}
