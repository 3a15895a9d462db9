/*
 * One request as its handler sees it. A handler returns its answer; or it
 * calls request_defer first, hands the request to another thread, returns
 * ANSWER_DEFERRED, and that thread calls request_answer once. Between the two
 * the request stays, even if the client goes. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_REQUEST_H
#define INQUEST_COLLECTOR_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/http/answer.h"
#include "proto/base/span.h"

#define REQUEST_ID_BYTES 160

#define ANSWER_DEFERRED ((struct answer){.status = 0})

struct MHD_Connection;
struct collector;
struct route;

struct request {
    struct collector *collector;
    struct MHD_Connection *connection;
    const struct route *route;
    char id[REQUEST_ID_BYTES]; /* what stood for the '*' of the route */
    int64_t project;           /* whose data; 0: of all projects */
    char *body;
    size_t body_bytes, capacity;
    bool answered, too_large, deferred;
    struct answer answer;
};

void request_defer(struct request *request);
void request_answer(struct request *request, struct answer answer);

struct span request_body(const struct request *request);

/* NULL where not given. */
const char *request_header(const struct request *request, const char *name);
const char *request_argument(const struct request *request, const char *name);

/* A number of the query, fallback where it is none; at most max. */
size_t request_number(const struct request *request, const char *name,
                      size_t fallback, size_t max);

/* The text of an IP address, "" where it is not known. */
void request_address(const struct request *request, char *text,
                     size_t capacity);

#endif
