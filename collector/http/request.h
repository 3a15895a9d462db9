/*
 * One request as its handler sees it. A handler returns its answer; or it
 * calls request_defer first, hands the request to another thread, returns
 * ANSWER_DEFERRED, and that thread calls request_answer or request_resume
 * once. Between the two the request stays, even if the client goes. Context:
 * tool.
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

/*
 * What a request leaves to its own thread, so that one thread that many wait
 * for does no more than it must: work.answer makes the answer, work.free comes
 * at the request's end in any case.
 */
struct request_work {
    void *context;
    struct answer (*answer)(void *context);
    void (*free)(void *context);
};

struct request {
    struct collector *collector;
    struct MHD_Connection *connection;
    const struct route *route;
    char id[REQUEST_ID_BYTES]; /* what stood for the '*' of the route */
    int64_t project;           /* whose data; 0: of all projects */
    char *body;
    size_t body_bytes, capacity;
    bool answered;
    struct answer answer;
    struct request_work work;
};

void request_defer(struct request *request);
void request_answer(struct request *request, struct answer answer);

/* How many are deferred and not resumed: what is owed to clients. */
unsigned request_deferred(void);

/* The answer is made by request->work, on the request's thread. */
void request_resume(struct request *request);

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
