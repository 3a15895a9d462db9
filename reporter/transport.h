/*
 * One report to an endpoint. A sibling of transport_curl.c may speak another
 * way. Context: tool.
 */
#ifndef INQUEST_REPORTER_TRANSPORT_H
#define INQUEST_REPORTER_TRANSPORT_H

#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define TRANSPORT_CONNECT_SECONDS 10
#define TRANSPORT_TOTAL_SECONDS   60

/* What becomes of the report: DESIGN, "Upload". */
enum transport_verdict {
    TRANSPORT_ACCEPTED, /* 200, 202 */
    TRANSPORT_BAD,      /* 400 413 415 422: never again */
    TRANSPORT_STOP,     /* 401 403 and what we do not know: keep, say so */
    TRANSPORT_RETRY,    /* 408 429 5xx, network: keep, later */
};

struct transport;

/*
 * endpoint: https, or http to loopback only (-EPERM otherwise). token_file may
 * be NULL. No socket is opened before the first send.
 */
MUST_CHECK int transport_open(const char *endpoint, const char *token_file,
                              struct transport **ret_transport);
void transport_close(struct transport **transport);

/*
 * Posts gzip to ENDPOINT/v1/reports. why is then a sentence for a person,
 * valid until the next call.
 */
enum transport_verdict transport_send(struct transport *transport,
                                      const char *report_id, struct span gzip,
                                      const char **ret_why);

/* The verdict on an HTTP status; 0: the network failed. */
enum transport_verdict transport_judge(long status);

#endif
