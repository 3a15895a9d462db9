/*
 * How much is kept on the disk: at most so many reports, bytes and days, and
 * so much of the disk is left free. What was sent goes first, then what was
 * refused, then what waits; in each the oldest. Nothing goes for failing to be
 * delivered, and for the sake of a full disk nothing that waits. Every
 * discarded report is counted and in the audit log. Context: tool.
 */
#ifndef INQUEST_REPORTER_RETENTION_H
#define INQUEST_REPORTER_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "reporter/home.h"
#include "reporter/queue/reports.h"

/* Why a report goes; the names are those of retention_reason_name. */
enum retention_reason {
    RETENTION_KEPT,
    RETENTION_AGE,
    RETENTION_COUNT,
    RETENTION_BYTES,
    RETENTION_FREE_SPACE,
    RETENTION_REASONS
};

/*
 * 2020-01-01: a report that waits and is older was made before the machine
 * knew the time, and its age says nothing.
 */
#define RETENTION_CLOCK_SET_MS 1577836800000ll

struct retention_limits {
    size_t count;
    uint64_t size_bytes;
    int64_t age_ms;
    /* The clock is in doubt (wall_clock.h): none is too old. */
    bool age_unknown;
    uint64_t free_bytes; /* of the disk */
};

struct retention_item {
    size_t index; /* the caller's */
    enum queue_place place;
    uint64_t size_bytes;
    int64_t time_ms;
    enum retention_reason reason; /* the plan's word */
};

const char *retention_reason_name(enum retention_reason reason);

/* Of the configuration, or the defaults. */
void retention_limits_read(const struct config *config,
                           struct retention_limits *ret_limits);

/*
 * Sets the reason of items[count], and their order to the one in which they
 * go. free_bytes: of the disk now. What is being sent stays. Pure.
 */
void retention_plan(const struct retention_limits *limits,
                    struct retention_item *items, size_t count, int64_t now_ms,
                    uint64_t free_bytes);

/*
 * Does it, unless another process is at it. Returns how many reports went, or
 * an error.
 */
MUST_CHECK int retention_apply(struct home *home);

/* How many went so far, by reason (STATE/discarded). */
void retention_counts(int state_fd, uint64_t ret_counts[RETENTION_REASONS]);

#endif
