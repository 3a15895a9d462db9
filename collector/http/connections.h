/*
 * A deadline for whole requests. libmicrohttpd limits silence alone, so that a
 * client which sends one byte in ten seconds would stay for ever. Every
 * connection has to finish a request within the limit, counted from its start
 * or from the end of its last request; else its socket is shut down.
 * Context: tool.
 */
#ifndef INQUEST_COLLECTOR_CONNECTIONS_H
#define INQUEST_COLLECTOR_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/compiler.h"

struct connection;
struct connections;

/* limit_s: see above. Starts a thread. */
MUST_CHECK int connections_start(unsigned limit_s,
                                 struct connections **ret_connections);
void connections_stop(struct connections **connections);

/* A connection began, NULL without memory; and ended, before fd is closed. */
struct connection *connection_begin(struct connections *connections, int fd);
void connection_end(struct connections *connections,
                    struct connection *connection);

/* Whether as many are open, or about to begin, as may be. */
bool connections_full(struct connections *connections, unsigned open_max);

/* One is about to begin. One that never does is forgotten after limit_s. */
void connections_expect(struct connections *connections);

/* Until one ends, at most wait_ms. */
void connections_wait_end(struct connections *connections, unsigned wait_ms);

/* A request of it was answered to its last byte. */
void connection_served(struct connections *connections,
                       struct connection *connection);

#endif
