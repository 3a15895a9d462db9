/*
 * A report that this command makes itself: feedback, usage. Context: tool.
 */
#ifndef INQUEST_REPORTER_FRESH_H
#define INQUEST_REPORTER_FRESH_H

#include "proto/base/compiler.h"
#include "proto/report_codec.h"
#include "reporter/home.h"

/* Do not copy: the report points into it. */
struct fresh {
    Inquest__V1__Report report;
    Inquest__V1__Device device;
    char id[REPORT_ID_BYTES];
    char installation[INSTALLATION_ID_BYTES];
};

/* Fills what every report has. Fails with -EIO, or what the disk says. */
MUST_CHECK int fresh_report(const struct home *home, Inquest__V1__Kind kind,
                            struct fresh *ret_fresh);

/*
 * Drops it into the queue, filtered by what may be recorded, synced. Fails
 * with -EEXIST when a report of this id is in new/ already, or as queue_room
 * and queue_drop.
 */
MUST_CHECK int fresh_drop(struct home *home, const struct fresh *fresh);

#endif
