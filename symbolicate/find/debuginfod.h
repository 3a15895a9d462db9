/*
 * Debug files from debuginfod servers, where the caller allows it: asking tells
 * a stranger which programs run here. The asking is done by a helper program
 * (fetch/), which is killed when its time is over; what it brings is used only
 * if its build-id is the wanted one, and kept nowhere: the symbol cache is.
 *
 * What was not found is not asked for again for a while, and a server that did
 * not answer is asked for nothing at all: both are remembered in the cache
 * store, for these URLs. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_DEBUGINFOD_H
#define INQUEST_SYMBOLICATE_DEBUGINFOD_H

#include <stdbool.h>
#include <stdint.h>

#include "symbolicate/cache/cache_store.h"

#define DEBUGINFOD_BYTES_MAX  (2ull << 30) /* of one file, by default */
#define DEBUGINFOD_WAIT_S     90           /* in all, by default */
#define DEBUGINFOD_STALL_MS   10000        /* without a byte */
#define DEBUGINFOD_ABSENT_S   3600         /* "not found" is believed */
#define DEBUGINFOD_SILENT_S   300          /* a server is left alone */
#define DEBUGINFOD_URLS_BYTES 4096
#define DEBUGINFOD_WHY_BYTES  160

/* Said about four times a second; total_bytes 0: not known yet. */
typedef void debuginfod_progress(void *context, const char *build_id,
                                 uint64_t bytes, uint64_t total_bytes);

struct debuginfod {
    const char *urls; /* separated by blanks; NULL or "": not allowed */
    const struct cache_store *store;
    uint64_t bytes_max;
    int64_t wait_ms; /* left for all files; falls as it is used */
    bool silent;     /* no server answered: none is asked any more */
    debuginfod_progress *progress; /* may be NULL */
    void *context;
};

/*
 * A descriptor of the debug file of build_id, which has no name; its build-id
 * is not checked yet. Blocks, at most wait_ms. Fails with -ERR_NOT_FOUND,
 * -ETIMEDOUT, -ERR_TORN, -ERR_LIMIT (larger than bytes_max), -ENOENT (the
 * helper is not installed), -errno; why is then set.
 */
MUST_CHECK int debuginfod_fetch(struct debuginfod *debuginfod,
                                const char *build_id,
                                char why[DEBUGINFOD_WHY_BYTES]);

/* What came was not what it said: not asked for again for a while. */
void debuginfod_distrust(struct debuginfod *debuginfod, const char *build_id,
                         const char *why);

#endif
