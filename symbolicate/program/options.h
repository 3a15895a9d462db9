/* The command line of inquest-symbolicate. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_OPTIONS_H
#define INQUEST_SYMBOLICATE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "symbolicate/find/debug_file.h"

enum mode { MODE_RESOLVE, MODE_SERVE, MODE_BUILD, MODE_WHERE };

struct options {
    enum mode mode;
    const char *module;
    const char *build_id;
    const char *directories[DEBUG_DIRS_MAX];
    size_t directory_count;
    const char *cache_dir; /* NULL: the default one; "": none */
    uint64_t cache_bytes;
    bool json;
    const char *urls; /* of debuginfod servers; NULL: they are not asked */
    uint64_t fetch_bytes;
    long wait_s;
};

/* 0; 'h' or 'v' for what ends the program well; -EINVAL. */
MUST_CHECK int options_parse(int argc, char **argv,
                             struct options *ret_options);

extern const char options_usage[];

#endif
