/*
 * Reports that the collector accepted, settled together: one line each in the
 * audit log and the move to sent/, with one sync for all of them. Who dies
 * before that has its claims revived, and the reports are sent again: they are
 * the same by their ids. Context: tool.
 */
#ifndef INQUEST_REPORTER_UPLOAD_SENT_H
#define INQUEST_REPORTER_UPLOAD_SENT_H

#include <stddef.h>
#include <stdint.h>

#include "reporter/home.h"
#include "reporter/queue/claim.h"

#define UPLOAD_SENT_MAX          64
#define UPLOAD_SENT_WAIT_MS      500 /* the first of them waits no longer */
#define UPLOAD_SENT_DETAIL_BYTES 96

struct upload_sent {
    struct home *home;
    struct claim claims[UPLOAD_SENT_MAX];
    char details[UPLOAD_SENT_MAX][UPLOAD_SENT_DETAIL_BYTES];
    size_t count;
    int64_t first_ms; /* when the first came */
};

/* Takes the claim; settles all when there are many or the first is old. */
void upload_sent_add(struct upload_sent *sent, struct claim *claim,
                     const char *report_id, size_t size_bytes);

/* Settles what there is. What goes wrong is said and tried again later. */
void upload_sent_settle(struct upload_sent *sent);

#endif
