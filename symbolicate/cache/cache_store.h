/*
 * The directory of symbol caches, one file per build-id: written under a
 * temporary name and renamed, the least recently used leave when it grows
 * beyond its limit. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_CACHE_STORE_H
#define INQUEST_SYMBOLICATE_CACHE_STORE_H

#include <limits.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define STORE_BYTES_DEFAULT (2ull << 30)
#define STORE_FILES_MAX     10000
#define STORE_TMP_AGE_S     3600 /* a temporary file older than this is dead */
#define STORE_ABSENT_SUFFIX ".absent" /* absence.h: gone when their time is */

struct cache_store {
    int dir_fd; /* -1: there is none, nothing is kept */
    uint64_t bytes_max;
};

/*
 * directory, or for NULL INQUEST_SYMBOL_CACHE, else
 * $XDG_CACHE_HOME/inquest/symbols, else ~/.cache/inquest/symbols; "" for none.
 * Never fails: without a directory nothing is kept.
 */
struct cache_store cache_store_open(const char *directory);
void cache_store_close(struct cache_store *store);

/* A descriptor of the cache of build_id, marked as used; -errno. */
MUST_CHECK int cache_store_find(const struct cache_store *store,
                                const char *build_id);
/*
 * A new file to write (a memory file where the store has none), and its name
 * in build_id's place once whole. Fails with -errno.
 */
MUST_CHECK int cache_store_begin(const struct cache_store *store,
                                 const char *build_id);
MUST_CHECK int cache_store_commit(const struct cache_store *store,
                                  const char *build_id, int fd);

/*
 * A new directory of its own, within the store (else in TMPDIR, /tmp), for a
 * file that is only passing through; and its end. One whose owner died goes
 * with the next commit after STORE_TMP_AGE_S. Fails with -errno.
 */
MUST_CHECK int cache_store_directory(const struct cache_store *store,
                                     char ret_path[PATH_MAX]);
void cache_store_directory_remove(const char *path);

void cache_store_remove(const struct cache_store *store, const char *build_id);

#endif
