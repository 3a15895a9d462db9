/*
 * A deadline for whole requests. libmicrohttpd limits silence alone, so that a
 * client which sends one byte in ten seconds would stay for ever. Every
 * connection has to finish a request within the limit, counted from its start
 * or from the end of its last request; else its socket is shut down.
 * Context: tool.
 */
#ifndef INQUEST_COLLECTOR_CONNECTIONS_H
#define INQUEST_COLLECTOR_CONNECTIONS_H

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

/* A request of it was answered to its last byte. */
void connection_served(struct connections *connections,
                       struct connection *connection);

#endif
