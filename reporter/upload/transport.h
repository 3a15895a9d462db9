/*
 * Bodies to a server and answers back, several at once over kept connections.
 * transport_curl.c is HTTP; tests may put another file in its place.
 *
 * TLS at least 1.2, certificates verified; plain http only to this machine;
 * redirects only to the same scheme, host and port. Context: tool.
 */
#ifndef INQUEST_REPORTER_TRANSPORT_H
#define INQUEST_REPORTER_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define TRANSPORT_PARALLEL_MAX   16
#define TRANSPORT_ANSWER_BYTES   4096 /* of an answer; more is thrown away */
#define TRANSPORT_DETAIL_BYTES   256
#define TRANSPORT_BODY_BYTES     1024
#define TRANSPORT_RETRY_BYTES    64
#define TRANSPORT_REDIRECTS_MAX  3
#define TRANSPORT_ENDPOINT_BYTES 1024
#define TRANSPORT_PATH_BYTES     320

/* NULL where not configured. */
struct transport_options {
    const char *endpoint; /* "https://collector.example/base" */
    const char *token;    /* for Authorization: Bearer */
    const char *ca_file;
    const char *client_certificate;
    const char *client_key;
    const char *proxy;
    long timeout_s; /* of one send, from connecting to the answer; 0: 300 */
};

/* Where an answer's whole body goes, when it is wanted. */
struct transport_body {
    char *data; /* the caller's, capacity bytes; longer ones are cut off */
    size_t capacity, size_bytes;
};

struct transport_post {
    const char *method;            /* NULL: POST */
    struct transport_body *answer; /* or NULL */
    const char *path;              /* "/v1/reports" */
    const char *content_type;      /* "application/x-protobuf" */
    const char *encoding;          /* "gzip", or NULL */
    const char *idempotency_key;   /* or NULL */
    struct span body;              /* kept by the caller until the answer */
    void *owner;                   /* the caller's */
};

struct transport_answer {
    void *owner;
    long status; /* 0: no answer: the network, TLS or the name */
    char retry_after[TRANSPORT_RETRY_BYTES];
    char detail[TRANSPORT_DETAIL_BYTES]; /* one line for a person */
    char body[TRANSPORT_BODY_BYTES];     /* its beginning, ends with NUL */
};

struct transport;

/*
 * Checks the endpoint; opens no socket yet. Fails with -EINVAL (no URL),
 * -EPERM (plain http to another machine), -ENOMEM.
 */
MUST_CHECK int transport_open(const struct transport_options *options,
                              struct transport **ret_transport);
/* Cuts what is in flight. */
void transport_close(struct transport **transport);

MUST_CHECK int transport_post(struct transport *transport,
                              const struct transport_post *post);

/*
 * Works until one answer is there or wake_fd (-1: none) becomes readable.
 * 1: *ret_answer; 0: woken, or nothing is in flight; or an error. Works first,
 * so that it comes to an end: who has something to look at does so before.
 */
MUST_CHECK int transport_wait(struct transport *transport, int wake_fd,
                              struct transport_answer *ret_answer);

#endif
