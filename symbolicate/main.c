/*
 * inquest-symbolicate: addresses on standard input, frames on standard output,
 * one line each, as they come.
 *
 *     inquest-symbolicate --module FILE [--build-id ID] [--json] …
 *     inquest-symbolicate --serve …
 *
 * Context: tool.
 */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "proto/base/err.h"
#include "symbolicate/print.h"
#include "symbolicate/serve.h"

#define OUTPUT_BYTES 65536

struct options {
    const char *module;
    const char *build_id;
    const char *directories[DEBUG_DIRS_MAX];
    size_t directory_count;
    const char *cache_dir; /* NULL: the default one */
    bool json, serve, build;
};

/* Lines of a descriptor; what is answered flows out before it waits. */
struct input {
    char bytes[LINE_BYTES_MAX];
    size_t begin, end;
    bool ended;
};

static bool more(struct input *input)
{
    struct pollfd waiting = {.fd = STDIN_FILENO, .events = POLLIN};

    memmove(input->bytes, input->bytes + input->begin,
            input->end - input->begin);
    input->end -= input->begin;
    input->begin = 0;
    if (input->ended || input->end + 1 >= sizeof input->bytes)
        return false;
    if (poll(&waiting, 1, 0) == 0)
        (void)fflush(stdout);
    ssize_t size = read(STDIN_FILENO, input->bytes + input->end,
                        sizeof input->bytes - input->end - 1);
    input->ended = size <= 0;
    if (size > 0)
        input->end += (size_t)size;
    return size > 0;
}

/* The next line without its newline; one that is too long comes in pieces. */
static char *next_line(struct input *input)
{
    for (;;) {
        char *line = input->bytes + input->begin;
        char *newline = memchr(line, '\n', input->end - input->begin);
        if (newline) {
            *newline = '\0';
            input->begin = (size_t)(newline - input->bytes) + 1;
            return line;
        }
        if (more(input))
            continue;
        if (input->begin == input->end)
            return NULL;
        input->bytes[input->end] = '\0';
        input->begin = input->end;
        return input->bytes;
    }
}

static void complain(const struct options *options, const char *line)
{
    fprintf(stderr, "inquest-symbolicate: '%s' is not a hexadecimal address\n",
            line);
    if (options->json) {
        print_json(json_pack("{s:s,s:s,s:[]}", "address", line, "error",
                             "not a hexadecimal address", "frames"));
    }
}

static int resolve_lines(const struct options *options, struct symbols *symbols)
{
    static struct input input;
    struct symbols_frame frames[SYMBOLS_FRAMES_MAX];
    uint64_t address = 0;
    int status = 0;

    for (char *line; (line = next_line(&input));) {
        if (!parse_address(line, &address)) {
            complain(options, line);
            status = EX_DATAERR;
            continue;
        }
        size_t count = symbols_resolve(symbols, address, frames);
        if (options->json) {
            print_json_answer(address, frames, count);
        } else {
            print_text(address, frames, count);
        }
        symbols_trim(symbols);
    }
    return status;
}

/* What was tried, on standard error. */
static int say_missing(const struct options *options,
                       const struct symbols *symbols)
{
    const struct debug_file *file = symbols_file(symbols);

    fprintf(stderr, "inquest-symbolicate: %s%s: %s\n",
            options->module ? options->module : "build-id ",
            options->module ? "" : options->build_id,
            file->state == DEBUG_MISMATCH ? "the file has another build-id"
                                          : "not a readable ELF file");
    for (size_t i = 0; i < file->tried_count; i++)
        fprintf(stderr, "  tried %s\n", file->tried[i]);
    return EX_NOINPUT;
}

static int run_module(const struct options *options,
                      const struct cache_store *store)
{
    struct debug_search search = {
        .path = options->module,
        .build_id = options->build_id ? options->build_id : "",
        .directories = options->directories,
        .directory_count = options->directory_count,
    };
    CLEANUP(symbols_close)
    struct symbols *symbols = symbols_open(&search, store);

    if (!symbols)
        return EX_OSERR;
    if (symbols_file(symbols)->state < DEBUG_SYMTAB)
        return say_missing(options, symbols);
    if (!options->build)
        return resolve_lines(options, symbols);
    int r = symbols_build(symbols);
    if (r < 0) {
        fprintf(stderr, "inquest-symbolicate: no cache made: %s\n",
                err_text(r));
    }
    return r < 0 ? EX_DATAERR : 0;
}

static const char usage[] =
    "usage: inquest-symbolicate --module FILE | --build-id ID [OPTION…]\n"
    "       inquest-symbolicate --serve [OPTION…]\n"
    "Reads one hexadecimal module-relative address a line and prints its\n"
    "frames, innermost first.\n\n"
    "  --module FILE     the program or library\n"
    "  --build-id ID     its build-id: another one is not used; alone: found\n"
    "                    in the build-id trees and the cache\n"
    "  --debug-dir DIR   look here before /usr/lib/debug; may be repeated\n"
    "  --cache-dir DIR   symbol cache; default ~/.cache/inquest/symbols\n"
    "  --no-cache        keep no symbol cache\n"
    "  --build-cache     make the module's cache now, read no addresses\n"
    "  --json            one JSON object a line\n"
    "  --serve           questions and answers as JSON lines\n";

static const struct option table[] = {
    {"module", required_argument, NULL, 'm'},
    {"build-id", required_argument, NULL, 'i'},
    {"debug-dir", required_argument, NULL, 'd'},
    {"cache-dir", required_argument, NULL, 'c'},
    {"no-cache", no_argument, NULL, 'n'},
    {"build-cache", no_argument, NULL, 'b'},
    {"json", no_argument, NULL, 'j'},
    {"serve", no_argument, NULL, 's'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {0},
};

/* 0; the letter of an option that ends the program; -1. */
static int take_option(struct options *options, int letter)
{
    switch (letter) {
    case 'm':
        options->module = optarg;
        return 0;
    case 'i':
        options->build_id = optarg;
        return 0;
    case 'd':
        if (options->directory_count == DEBUG_DIRS_MAX)
            return -1;
        options->directories[options->directory_count++] = optarg;
        return 0;
    case 'c':
        options->cache_dir = optarg;
        return 0;
    case 'n':
        options->cache_dir = "";
        return 0;
    case 'b':
        options->build = true;
        return 0;
    case 'j':
        options->json = true;
        return 0;
    case 's':
        options->serve = true;
        return 0;
    default:
        return letter == 'h' || letter == 'v' ? letter : -1;
    }
}

static int parse_options(int argc, char **argv, struct options *options)
{
    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        int r = take_option(options, c);
        if (r != 0)
            return r;
    }
    bool one = options->module || options->build_id;
    return optind == argc && options->serve != one ? 0 : -1;
}

int main(int argc, char **argv)
{
    static char output[OUTPUT_BYTES];
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
    (void)setvbuf(stdout, output, _IOFBF, sizeof output);
    struct cache_store store = cache_store_open(options.cache_dir);
    if (options.serve) {
        serve(&(struct serve_options){options.directories,
                                      options.directory_count, &store});
    } else {
        r = run_module(&options, &store);
    }
    cache_store_close(&store);
    if (fflush(stdout) != 0)
        r = EX_IOERR;
    return r;
}
