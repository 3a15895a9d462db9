/*
 * From a request's body to a stored report: limits, gunzip, unpack, checks,
 * evidence and first signature, then the store. The answer goes out when the
 * commit is on the disk. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_INGEST_H
#define INQUEST_COLLECTOR_INGEST_H

#include <stddef.h>

#include "collector/collector.h"
#include "proto/base/compiler.h"

#define INGEST_BODY_BYTES_MAX (16u << 20) /* as sent */
#define INGEST_QUICK_BYTES_MAX                                         \
    (2u << 20)                      /* unpacked; larger: one at a time \
                                     */
#define INGEST_FUTURE_MS 86400000ll /* clocks differ */

/*
 * Takes the reports of a database of version 1 over; blocks. Fails with what
 * the store says; what cannot be read any more is left out and counted.
 */
MUST_CHECK int ingest_old(struct collector *collector, size_t *ret_count,
                          size_t *ret_unreadable);

#endif
