/* getopt_long's table. Context: tool. */
#include "symbolicate/program/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "symbolicate/find/debuginfod.h"

#define URLS_VARIABLE "DEBUGINFOD_URLS"
#define MIB_MAX       (1L << 30)
#define SECONDS_MAX   86400

const char options_usage[] =
    "usage: inquest-symbolicate --module FILE | --build-id ID [OPTION…]\n"
    "       inquest-symbolicate --serve [OPTION…]\n"
    "Reads one hexadecimal module-relative address a line and prints its\n"
    "frames, innermost first.\n\n"
    "  --module FILE     the program or library\n"
    "  --build-id ID     its build-id: another one is not used; alone: found\n"
    "                    in the build-id trees and the cache\n"
    "  --debug-dir DIR   look here before /usr/lib/debug; may be repeated\n"
    "  --debuginfod[=URLS]   ask these servers for what is not here, or those\n"
    "                    of DEBUGINFOD_URLS: they learn the build-ids\n"
    "  --debuginfod-wait SECONDS   at most so long, in all; default 90\n"
    "  --debuginfod-size MIB   no larger file; default 2048\n"
    "  --cache-dir DIR   symbol cache; default ~/.cache/inquest/symbols\n"
    "  --cache-size MIB  it keeps at most so much; default 2048\n"
    "  --no-cache        keep no symbol cache\n"
    "  --build-cache     make the module's cache now, read no addresses\n"
    "  --where           say which files were found and tried, no addresses\n"
    "  --json            one JSON object a line\n"
    "  --serve           questions and answers as JSON lines\n";

static const struct option table[] = {
    {"module", required_argument, NULL, 'm'},
    {"build-id", required_argument, NULL, 'i'},
    {"debug-dir", required_argument, NULL, 'd'},
    {"debuginfod", optional_argument, NULL, 'u'},
    {"debuginfod-wait", required_argument, NULL, 't'},
    {"debuginfod-size", required_argument, NULL, 'y'},
    {"cache-dir", required_argument, NULL, 'c'},
    {"cache-size", required_argument, NULL, 'z'},
    {"no-cache", no_argument, NULL, 'n'},
    {"build-cache", no_argument, NULL, 'b'},
    {"where", no_argument, NULL, 'w'},
    {"json", no_argument, NULL, 'j'},
    {"serve", no_argument, NULL, 's'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {0},
};

/* 1 to max, of decimal digits. */
static int take_number(const char *text, long max, long *ret_number)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);

    if (end == text || *end != '\0' || number < 1 || number > max)
        return -EINVAL;
    *ret_number = number;
    return 0;
}

static int take_directory(struct options *options, const char *path)
{
    if (options->directory_count == DEBUG_DIRS_MAX)
        return -EINVAL;
    options->directories[options->directory_count++] = path;
    return 0;
}

static int take_size(const char *text, uint64_t *ret_bytes)
{
    long mib = 0;
    int r = take_number(text, MIB_MAX, &mib);

    if (r == 0)
        *ret_bytes = (uint64_t)mib << 20;
    return r;
}

/* Options with an argument: 0, -EINVAL. */
static int take_value(struct options *options, int letter, const char *value)
{
    switch (letter) {
    case 'm':
        options->module = value;
        return 0;
    case 'i':
        options->build_id = value;
        return 0;
    case 'd':
        return take_directory(options, value);
    case 'c':
        options->cache_dir = value;
        return 0;
    case 'z':
        return take_size(value, &options->cache_bytes);
    case 'y':
        return take_size(value, &options->fetch_bytes);
    case 't':
        return take_number(value, SECONDS_MAX, &options->wait_s);
    case 'u':
        options->urls = value ? value : getenv(URLS_VARIABLE);
        return 0;
    default:
        return -EINVAL;
    }
}

/* 0; the letter of an option that ends the program; -EINVAL. */
static int take_option(struct options *options, int letter)
{
    switch (letter) {
    case 'n':
        options->cache_dir = "";
        return 0;
    case 'b':
        options->mode = MODE_BUILD;
        return 0;
    case 'w':
        options->mode = MODE_WHERE;
        return 0;
    case 's':
        options->mode = MODE_SERVE;
        return 0;
    case 'j':
        options->json = true;
        return 0;
    case 'h':
    case 'v':
        return letter;
    default:
        return take_value(options, letter, optarg);
    }
}

int options_parse(int argc, char **argv, struct options *ret_options)
{
    struct options options = {
        .cache_bytes = STORE_BYTES_DEFAULT,
        .fetch_bytes = DEBUGINFOD_BYTES_MAX,
        .wait_s = DEBUGINFOD_WAIT_S,
    };

    for (int c; (c = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        int r = take_option(&options, c);
        if (r != 0)
            return r;
    }
    bool named = options.module || options.build_id;
    if (optind != argc || (options.mode == MODE_SERVE) == named)
        return -EINVAL;
    *ret_options = options;
    return 0;
}
