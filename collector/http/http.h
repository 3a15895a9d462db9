/*
 * The HTTP server: libmicrohttpd, limits on size, number and time of requests,
 * access, then the route's handler. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_HTTP_H
#define INQUEST_COLLECTOR_HTTP_H

#include <netinet/in.h>
#include <stdint.h>

#include "collector/collector.h"
#include "proto/base/compiler.h"

#define HTTP_CONNECTIONS_MAX 1024
#define HTTP_BODIES_MAX      (48u << 20) /* of all requests under way */
#define HTTP_STOP_S          10          /* for clients at the end */

struct http;

struct http_options {
    struct sockaddr_in address; /* port 0: the kernel chooses, see http_port */
    const char *certificate;    /* PEM; NULL: plain */
    const char *key;
    unsigned request_s; /* for a whole request */
};

/* Fails with -errno, -ERR_FORMAT (certificate or key), -ENOTSUP. */
MUST_CHECK int http_start(const struct http_options *options,
                          struct collector *collector, struct http **ret_http);
uint16_t http_port(const struct http *http);

/* Accepts no more, lets requests under way finish (HTTP_STOP_S for clients, as
 * long as it takes for the store: serve.h bounds that), ends. */
void http_stop(struct http **http);

#endif
