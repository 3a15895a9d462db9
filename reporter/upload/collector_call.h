/*
 * One question to the configured collector and its answer in JSON, for the
 * commands that ask rather than send reports. Context: tool.
 */
#ifndef INQUEST_REPORTER_COLLECTOR_CALL_H
#define INQUEST_REPORTER_COLLECTOR_CALL_H

#include <jansson.h>

#include "proto/base/span.h"
#include "reporter/home.h"
#include "reporter/upload/transport.h"

#define CALL_ANSWER_BYTES_MAX (4u << 20)
#define CALL_WHY_BYTES        512

struct collector_call {
    const char *method; /* "GET", "PUT" */
    const char *path;   /* with its query */
    struct span body;
};

/*
 * token_key: the configuration key of the token's file ("token_file" to send,
 * "page_token_file" to look). On failure why says what is wrong.
 */
MUST_CHECK int collector_open(const struct home *home, const char *token_key,
                              char why[CALL_WHY_BYTES],
                              struct transport **ret_transport);

/*
 * *ret_answer is a new reference, NULL where the answer is no JSON. Returns
 * the status, or -errno (-EPROTO: 2xx without JSON); why then says what is
 * wrong, and on 3xx, 4xx and 5xx too.
 */
MUST_CHECK long collector_ask(struct transport *transport,
                              const struct collector_call *call,
                              char why[CALL_WHY_BYTES], json_t **ret_answer);

#endif
