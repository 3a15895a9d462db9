/* The HTTP server: routes and limits. Context: tool. */
#ifndef INQUEST_COLLECTOR_HTTP_H
#define INQUEST_COLLECTOR_HTTP_H

#include <netinet/in.h>
#include <stdint.h>

#include "collector/store.h"
#include "proto/base/compiler.h"

struct http;

/* Listens at address; port 0: the kernel chooses, see http_port. */
MUST_CHECK int http_start(const struct sockaddr_in *address,
                          struct store *store, struct http **ret_http);
uint16_t http_port(const struct http *http);

/* Lets requests under way finish. */
void http_stop(struct http **http);

#endif
