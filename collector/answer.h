/* What a request is answered with. Context: tool. */
#ifndef INQUEST_COLLECTOR_ANSWER_H
#define INQUEST_COLLECTOR_ANSWER_H

#include <jansson.h>
#include <stddef.h>

#define ANSWER_JSON   "application/json"
#define ANSWER_BINARY "application/x-protobuf"

struct answer {
    unsigned status;          /* HTTP */
    const char *content_type; /* static */
    char *body;               /* from malloc, owned */
    size_t body_bytes;
};

/* {"error": sentence} */
struct answer answer_error(unsigned status, const char *sentence);

/* Takes json; NULL becomes a 500. */
struct answer answer_json(unsigned status, json_t *json);

#endif
