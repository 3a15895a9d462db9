/* Answers become the bytes of a cache file. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_WORKER_CACHE_WRITE_H
#define INQUEST_SYMBOLICATE_WORKER_CACHE_WRITE_H

#include "symbolicate/cache/symbol_cache.h"
#include "symbolicate/worker/answers.h"

/*
 * Writes the cache to fd. header holds what is known of it: flags, build-id,
 * sources. Fails with -ENOMEM, -ERR_LIMIT, -errno.
 */
MUST_CHECK int cache_write(int fd, const struct answers *answers,
                           struct cache_header header);

#endif
