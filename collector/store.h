/*
 * Where accepted reports lie. This header is all the collector knows of it; a
 * store on another database is a sibling of store_sqlite.c that CMake picks.
 *
 * One struct store may be used by several threads. A call that returns 0 has
 * made its change durable: kill -9 right after loses nothing. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_STORE_H
#define INQUEST_COLLECTOR_STORE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define STORE_LIST_MAX 1000

struct store;

/* What the list shows of a report; strings are borrowed by store_put. */
struct store_summary {
    const char *report_id;
    const char *kind;
    int64_t time_unix_ms;
    const char *app;
    const char *version;
    const char *signal;
    const char *cause;
    const char *installation_id;
};

MUST_CHECK int store_open(const char *path, struct store **ret_store);
void store_close(struct store **store);

/* Keeps one packed report. 0: new; 1: it was there already. Or -EIO. */
MUST_CHECK int store_put(struct store *store,
                         const struct store_summary *summary,
                         struct span packed);

/* *ret_packed is from malloc. Fails with -ERR_NOT_FOUND, -EIO. */
MUST_CHECK int store_get(struct store *store, const char *report_id,
                         uint8_t **ret_packed, size_t *ret_size);

/* An array of objects, newest first; a new reference, NULL on failure. */
json_t *store_list(struct store *store, size_t limit, size_t offset);

/*
 * Deletes every report of an installation, from the write-ahead log too.
 * Writes how many.
 */
MUST_CHECK int store_delete(struct store *store, const char *installation_id,
                            size_t *ret_count);

#endif
