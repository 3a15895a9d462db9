/*
 * Sending what waits. Several uploaders may run at once: a claim decides who
 * has a report. Without an endpoint, or when nothing may leave, no socket is
 * opened. A change of consent cuts what is in flight. Context: tool.
 */
#ifndef INQUEST_REPORTER_UPLOAD_H
#define INQUEST_REPORTER_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "reporter/home.h"
#include "reporter/queue/reports.h"

#define UPLOAD_WHY_BYTES 320
#define UPLOAD_TOKEN_MAX 4096

struct upload_options {
    bool ignore_own_backoff;          /* a person asked */
    bool ignore_server;               /* also when the server asked to wait */
    bool progress;                    /* on stderr */
    const struct stored_report *only; /* only these; NULL: all */
    size_t only_count;
};

struct upload_result {
    unsigned sent;
    unsigned rejected;  /* to bad/ */
    unsigned denied;    /* consent keeps them here */
    unsigned kept;      /* to be tried again */
    unsigned elsewhere; /* another uploader has them */
    bool no_endpoint;
    bool stopped;    /* the server or the configuration must change first */
    int64_t retry_s; /* not before it (CLOCK_REALTIME); 0: none */
    bool asked;      /* it was the collector who said so */
    char why[UPLOAD_WHY_BYTES]; /* of the last failure, or "" */
};

/* One round over the queue. Fails only for want of memory or of the queue. */
MUST_CHECK int upload_run(struct home *home,
                          const struct upload_options *options,
                          struct upload_result *ret_result);

#endif
