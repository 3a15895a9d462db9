/*
 * inquest-symbolicate: addresses on standard input, frames on standard output,
 * one line each, as they come.
 *
 *     inquest-symbolicate --module FILE [--json] [--debug-dir DIR]
 *     inquest-symbolicate --serve [--debug-dir DIR]
 *
 * --serve reads {"module","buildId","address"} or {"type"} (a mangled type, the
 * answer is {"type"} too) a line and is how our own programs use it: a child
 * of limited memory. Context: tool.
 */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "proto/base/compiler.h"
#include "proto/base/fmt.h"
#include "symbolicate/demangle.h"
#include "symbolicate/symbols.h"

#define LINE_BYTES_MAX 16384
#define MODULES_MAX    512
#ifndef SERVE_MEMORY_BYTES /* a sanitizer's shadow needs more */
#define SERVE_MEMORY_BYTES (4ull << 30)
#endif

struct options {
    const char *module;
    const char *debug_dir;
    bool json, serve;
};

struct module {
    char *path;
    char *build_id;
    struct symbols *symbols;
    bool told;
};

static struct module modules[MODULES_MAX];
static size_t module_count;

static json_t *frames_json(const struct symbols_frame *frames, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *frame = json_object();
        if (frames[i].function) {
            json_object_set_new(frame, "function",
                                json_string(frames[i].function));
        }
        if (frames[i].file)
            json_object_set_new(frame, "file", json_string(frames[i].file));
        if (frames[i].line > 0)
            json_object_set_new(frame, "line", json_integer(frames[i].line));
        json_object_set_new(frame, "inlined", json_boolean(frames[i].inlined));
        json_array_append_new(array, frame);
    }
    return array;
}

static json_t *answer_json(uint64_t address, const struct symbols_frame *frames,
                           size_t count)
{
    char text[32];
    json_t *answer = json_object();

    (void)snprintf(text, sizeof text, "0x%" PRIx64, address);
    json_object_set_new(answer, "address", json_string(text));
    json_object_set_new(answer, "frames", frames_json(frames, count));
    return answer;
}

static void print_json(json_t *answer)
{
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(answer);
}

static void print_text(uint64_t address, const struct symbols_frame *frames,
                       size_t count)
{
    printf("0x%" PRIx64, address);
    if (count == 0)
        printf("  no information");
    for (size_t i = 0; i < count; i++) {
        printf("%s%s", i ? "\n    called from " : "  ",
               frames[i].function ? frames[i].function : "??");
        if (frames[i].file)
            printf(" at %s:%d", frames[i].file, frames[i].line);
        if (frames[i].inlined)
            printf(" (inlined)");
    }
    putchar('\n');
}

/* Hexadecimal, with or without 0x, blanks around it. */
static bool parse_address(const char *line, uint64_t *ret_address)
{
    const char *at = line + strspn(line, " \t");
    const char *end = line + strlen(line);

    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        at += 2;
    if (fmt_parse_u64(&at, end, 16, ret_address) < 0)
        return false;
    return at[strspn(at, " \t\r\n")] == '\0';
}

static int resolve_lines(const struct options *options)
{
    struct symbols_frame frames[SYMBOLS_FRAMES_MAX];
    char line[LINE_BYTES_MAX];
    uint64_t address;
    int status = 0;
    struct symbols *symbols =
        symbols_open(options->module, NULL, options->debug_dir);

    if (!symbols || symbols_get_state(symbols) == SYMBOLS_MISSING) {
        fprintf(stderr, "inquest-symbolicate: %s: not a readable ELF file\n",
                options->module);
        symbols_close(&symbols);
        return EX_NOINPUT;
    }
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (!parse_address(line, &address)) {
            fprintf(stderr,
                    "inquest-symbolicate: '%s' is not a hexadecimal "
                    "address\n",
                    line);
            if (options->json) {
                print_json(json_pack("{s:s,s:s,s:[]}", "address", line, "error",
                                     "not a hexadecimal address", "frames"));
            }
            status = EX_DATAERR;
            continue;
        }
        size_t count = symbols_resolve(symbols, address, frames);
        if (options->json) {
            print_json(answer_json(address, frames, count));
        } else {
            print_text(address, frames, count);
        }
    }
    symbols_close(&symbols);
    return status;
}

static struct module *module_at(const char *path, const char *build_id,
                                const char *debug_dir)
{
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
        .symbols = symbols_open(path, *build_id ? build_id : NULL, debug_dir),
    };
    if (!module->path || !module->build_id || !module->symbols)
        return NULL;
    module_count++;
    return module;
}

/* Said once a module: what was found, or where it was looked for. */
static json_t *debug_json(const struct symbols *symbols)
{
    static const char *const states[] = {
        [SYMBOLS_MISSING] = "missing",
        [SYMBOLS_MISMATCH] = "mismatch",
        [SYMBOLS_SYMTAB] = "symtab",
        [SYMBOLS_DEBUG] = "found",
    };

    return json_pack(
        "{s:s,s:s,s:s}", "state", states[symbols_get_state(symbols)], "buildId",
        symbols_build_id(symbols), "path", symbols_debug_path(symbols));
}

static void serve_type(const char *type)
{
    char *plain = demangle_type(type);

    print_json(json_pack("{s:s}", "type", plain ? plain : type));
    free(plain);
}

static void serve_request(const json_t *request, const char *debug_dir)
{
    struct symbols_frame frames[SYMBOLS_FRAMES_MAX];
    const char *path = json_string_value(json_object_get(request, "module"));
    const char *id = json_string_value(json_object_get(request, "buildId"));
    const char *text = json_string_value(json_object_get(request, "address"));
    const char *type = json_string_value(json_object_get(request, "type"));
    uint64_t address = 0;

    if (type) {
        serve_type(type);
        return;
    }
    if (!path || !text || !parse_address(text, &address)) {
        print_json(json_pack("{s:s,s:[]}", "error",
                             "expected module and address", "frames"));
        return;
    }
    struct module *module = module_at(path, id ? id : "", debug_dir);
    size_t count =
        module ? symbols_resolve(module->symbols, address, frames) : 0;
    json_t *answer = answer_json(address, frames, count);
    if (module && !module->told) {
        json_object_set_new(answer, "debug", debug_json(module->symbols));
        module->told = true;
    }
    print_json(answer);
}

static int serve(const char *debug_dir)
{
    char line[LINE_BYTES_MAX];
    struct rlimit limit = {SERVE_MEMORY_BYTES, SERVE_MEMORY_BYTES};

    (void)setrlimit(RLIMIT_AS, &limit); /* a lower one is there already */
    while (fgets(line, sizeof line, stdin)) {
        json_t *request = json_loads(line, 0, NULL);
        serve_request(request, debug_dir);
        json_decref(request);
        (void)fflush(stdout); /* the other side waits for each answer */
    }
    for (size_t i = 0; i < module_count; i++) {
        symbols_close(&modules[i].symbols);
        free(modules[i].path);
        free(modules[i].build_id);
    }
    return 0;
}

static const char usage[] =
    "usage: inquest-symbolicate --module FILE [--json] [--debug-dir DIR]\n"
    "       inquest-symbolicate --serve [--debug-dir DIR]\n"
    "Reads one hexadecimal module-relative address a line and prints its\n"
    "frames, innermost first.\n";

static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option table[] = {
        {"module", required_argument, NULL, 'm'},
        {"debug-dir", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"serve", no_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };

    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (c) {
        case 'm':
            options->module = optarg;
            break;
        case 'd':
            options->debug_dir = optarg;
            break;
        case 'j':
            options->json = true;
            break;
        case 's':
            options->serve = true;
            break;
        case 'h':
        case 'v':
            return c;
        default:
            return -1;
        }
    }
    return optind == argc && options->serve != (options->module != NULL) ? 0
                                                                         : -1;
}

int main(int argc, char **argv)
{
    struct options options = {0};

    int r = parse_options(argc, argv, &options);
    if (r == 'h') {
        fputs(usage, stdout);
        return 0;
    }
    if (r == 'v') {
        puts("inquest-symbolicate " INQUEST_VERSION);
        return 0;
    }
    if (r < 0) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* output flows with input */
    return options.serve ? serve(options.debug_dir) : resolve_lines(&options);
}
