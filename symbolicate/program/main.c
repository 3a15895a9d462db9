/*
 * inquest-symbolicate: addresses on standard input, frames on standard output,
 * one line each, as they come.
 *
 *     inquest-symbolicate --module FILE [--build-id ID] [--json] …
 *     inquest-symbolicate --serve …
 *
 * Context: tool.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/compiler.h"
#include "proto/base/confine.h"
#include "proto/base/err.h"
#include "symbolicate/helper.h"
#include "symbolicate/program/options.h"
#include "symbolicate/program/print.h"
#include "symbolicate/program/serve.h"

#define MEMORY_BYTES (8ull << 30) /* caches are mapped */
#define OUTPUT_BYTES 65536
#define MIB          1048576.0

/* Lines of a descriptor; what is answered flows out before it waits. */
struct input {
    char bytes[LINE_BYTES_MAX];
    size_t begin, end;
    size_t line_count; /* whole ones that wait in bytes */
    bool ended;
};

static size_t count_lines(const char *bytes, size_t size)
{
    const char *end = bytes + size;
    size_t count = 0;

    for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(end - at)));
         at++)
        count++;
    return count;
}

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
    if (size <= 0)
        return false;
    input->line_count += count_lines(input->bytes + input->end, (size_t)size);
    input->end += (size_t)size;
    return true;
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
            input->line_count--;
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

/* Before an answer that may take long: what is answered flows out. */
static void prepare(struct symbols *symbols, const struct input *input)
{
    if (symbols_is_settled(symbols))
        return;
    (void)fflush(stdout);
    symbols_expect(symbols, input->line_count + 1);
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
        prepare(symbols, &input);
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
    const char *text;

    fprintf(stderr, "inquest-symbolicate: %s%s: %s\n",
            options->module ? options->module : "build-id ",
            options->module ? "" : options->build_id,
            file->state == DEBUG_MISMATCH ? "the file has another build-id"
                                          : "not a readable ELF file");
    for (size_t i = 0; (text = symbols_tried(symbols, i)); i++)
        fprintf(stderr, "  tried %s\n", text);
    return EX_NOINPUT;
}

static int say_where(const struct options *options,
                     const struct symbols *symbols)
{
    if (options->json) {
        print_json(debug_json(symbols));
    } else {
        print_debug(symbols);
    }
    return symbols_file(symbols)->state < DEBUG_SYMTAB ? EX_NOINPUT : 0;
}

static int build_cache(struct symbols *symbols)
{
    int r = symbols_build(symbols);

    if (r < 0) {
        fprintf(stderr, "inquest-symbolicate: no cache made: %s\n",
                err_text(r));
    }
    return r < 0 ? EX_DATAERR : 0;
}

static int run_module(const struct options *options,
                      const struct cache_store *store,
                      struct debuginfod *debuginfod)
{
    struct debug_search search = {
        .path = options->module,
        .build_id = options->build_id ? options->build_id : "",
        .directories = options->directories,
        .directory_count = options->directory_count,
        .debuginfod = debuginfod,
    };
    CLEANUP(symbols_close)
    struct symbols *symbols = symbols_open(&search, store);

    if (!symbols) {
        fputs("inquest-symbolicate: out of memory\n", stderr);
        return EX_OSERR;
    }
    if (options->mode == MODE_WHERE)
        return say_where(options, symbols);
    if (symbols_file(symbols)->state < DEBUG_SYMTAB)
        return say_missing(options, symbols);
    return options->mode == MODE_BUILD ? build_cache(symbols)
                                       : resolve_lines(options, symbols);
}

/* On a terminal's standard error: what takes long says how far it is. */
static void show_progress(void *context, const char *build_id, uint64_t bytes,
                          uint64_t total_bytes)
{
    (void)context;
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\rasking for %.8s…: %.1f of %.1f MiB", build_id,
            (double)bytes / MIB, (double)total_bytes / MIB);
    if (bytes == total_bytes && bytes > 0)
        putc('\n', stderr);
}

static int run(const struct options *options)
{
    struct cache_store store = cache_store_open(options->cache_dir);
    struct debuginfod debuginfod = {
        .urls = options->urls,
        .store = &store,
        .bytes_max = options->fetch_bytes,
        .wait_ms = options->wait_s * 1000,
        .progress =
            options->mode == MODE_SERVE ? serve_progress : show_progress,
    };
    struct debuginfod *allowed =
        options->urls && *options->urls ? &debuginfod : NULL;
    int status = 0;

    store.bytes_max = options->cache_bytes;
    if (options->mode == MODE_SERVE) {
        serve(&(struct serve_options){
            options->directories, options->directory_count, &store, allowed});
    } else {
        status = run_module(options, &store, allowed);
    }
    cache_store_close(&store);
    return status;
}

/*
 * It reads names and caches that a hostile file may have shaped, and starts
 * the worker and the fetcher, who inherit what is given up here. Only a server
 * to ask needs the network.
 */
static void confine(bool asks_servers)
{
    unsigned rights = CONFINE_FILES | CONFINE_PROGRAMS | CONFINE_BUILD;

#ifndef SANITIZED
    helper_limit(RLIMIT_AS, MEMORY_BYTES);
#endif
    /* Where the kernel has no filters it goes on without. */
    DROP(confine_self(asks_servers ? rights | CONFINE_NETWORK : rights));
}

int main(int argc, char **argv)
{
    static char output[OUTPUT_BYTES];
    struct options options;

    int r = options_parse(argc, argv, &options);
    if (r == 'h') {
        fputs(options_usage, stdout);
        return 0;
    }
    if (r == 'v') {
        puts("inquest-symbolicate " INQUEST_VERSION);
        return 0;
    }
    if (r < 0) {
        fputs(options_usage, stderr);
        return EX_USAGE;
    }
    confine(options.urls && *options.urls);
    (void)setvbuf(stdout, output, _IOFBF, sizeof output);
    r = run(&options);
    if (fflush(stdout) != 0) {
        perror("inquest-symbolicate: standard output");
        r = EX_IOERR;
    }
    return r;
}
