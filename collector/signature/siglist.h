/*
 * The lists that grouping reads: sentinel, irrelevant, prefix, system modules.
 * They are text files (collector/siglists/), built into the program; a
 * directory of the same names takes their place. Pure but for loading. Context:
 * tool.
 */
#ifndef INQUEST_COLLECTOR_SIGNATURE_SIGLIST_H
#define INQUEST_COLLECTOR_SIGNATURE_SIGLIST_H

#include "proto/base/compiler.h"

#define SIGLIST_PATTERNS_MAX 2000
#define SIGLIST_BYTES_MAX    (64u << 10)

enum siglist_name {
    SIGLIST_SENTINEL,
    SIGLIST_IRRELEVANT,
    SIGLIST_PREFIX,
    SIGLIST_SYSTEM,
    SIGLIST_COUNT
};

/*
 * Reads the lists of a directory in place of those built in; a file that is
 * not there leaves the one built in. Once, before any thread. Fails with
 * -errno, -ERR_LIMIT.
 */
MUST_CHECK int siglist_load(const char *directory);

/*
 * The line of the first pattern that fits name, or "MODULE!NAME" for a pattern
 * with '!'; 0: none does.
 */
unsigned siglist_match(enum siglist_name list, const char *module,
                       const char *name);

/* "irrelevant.txt" */
const char *siglist_file(enum siglist_name list);

#endif
