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

/* Bytes, unpacked: what is larger is taken one at a time; and of all others
 * that are not yet stored. */
#define INGEST_QUICK_BYTES_MAX   (2u << 20)
#define INGEST_WAITING_BYTES_MAX (64u << 20)

#define INGEST_BODY_BYTES_MAX (16u << 20) /* as sent */
#define INGEST_FUTURE_MS      86400000ll  /* clocks differ */

/*
 * Takes the reports of a database of version 1 over; blocks. Fails with what
 * the store says; what cannot be read any more is left out and counted.
 */
MUST_CHECK int ingest_old(struct collector *collector, size_t *ret_count,
                          size_t *ret_unreadable);

#endif
