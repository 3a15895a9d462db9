/* From a request's body to a stored report. Context: tool. */
#ifndef INQUEST_COLLECTOR_INGEST_H
#define INQUEST_COLLECTOR_INGEST_H

#include "collector/answer.h"
#include "collector/store.h"
#include "proto/base/span.h"

#define INGEST_BODY_BYTES_MAX (16u << 20) /* as sent */

/* Headers that matter; NULL where not given. */
struct ingest_headers {
    const char *content_type;
    const char *content_encoding;
    const char *idempotency_key;
};

/*
 * 202 accepted and durable, 200 a duplicate, 400 malformed, 413 too large,
 * 415 another type or encoding, 422 a report that contradicts itself, 503 the
 * store does not take it now.
 */
struct answer ingest_report(struct store *store,
                            const struct ingest_headers *headers,
                            struct span body);

/* {"installationId": …}: deletes, then answers how many. */
struct answer ingest_deletion(struct store *store, struct span body);

#endif
