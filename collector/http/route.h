/*
 * The addresses and who may call them. A '*' in a pattern stands for one part
 * of the path. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_ROUTE_H
#define INQUEST_COLLECTOR_ROUTE_H

#include "collector/http/request.h"

#define ROUTE_SMALL_BYTES (64u << 10)

/* Who may call. */
enum need {
    NEED_NOTHING,
    NEED_INGEST, /* an ingest token */
    NEED_PAGE,   /* a session or a page token */
    NEED_ORIGIN, /* anybody, but from a page of ours: log-in */
};

struct route {
    const char *method;
    const char *pattern;
    enum need need;
    size_t body_bytes_max;
    struct answer (*handler)(struct request *request);
};

/*
 * The route of method and path, its '*' in id; NULL: none, and *ret_known says
 * whether the path has other methods.
 */
const struct route *route_find(const char *method, const char *path,
                               char id[REQUEST_ID_BYTES], bool *ret_known);

#endif
