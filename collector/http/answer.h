/* What a request is answered with. Context: tool. */
#ifndef INQUEST_COLLECTOR_ANSWER_H
#define INQUEST_COLLECTOR_ANSWER_H

#include <jansson.h>
#include <stddef.h>

#include "proto/base/compiler.h"

#define ANSWER_JSON         "application/json"
#define ANSWER_TEXT         "text/plain; version=0.0.4; charset=utf-8"
#define ANSWER_BINARY       "application/x-protobuf"
#define ANSWER_COOKIE_BYTES 192

struct answer {
    unsigned status;          /* HTTP; 0: comes later (request.h) */
    const char *content_type; /* static */
    char *body;               /* from malloc, owned */
    size_t body_bytes;
    unsigned retry_after_s;           /* 0: not said */
    char cookie[ANSWER_COOKIE_BYTES]; /* Set-Cookie; "": none */
};

/* {"error": sentence} */
struct answer answer_error(unsigned status, const char *sentence);

/* The same with Retry-After. */
struct answer answer_later(unsigned status, unsigned retry_after_s,
                           const char *sentence);

/* Takes json; NULL becomes a 500. */
struct answer answer_json(unsigned status, json_t *json);

/* No content. */
struct answer answer_empty(unsigned status);

#endif
