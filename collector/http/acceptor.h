/*
 * Who comes in: the listening socket and the one thread that accepts. What is
 * accepted goes to libmicrohttpd, which would spin while no descriptor is
 * left: its threads retry at once, without end. Here nobody is accepted while
 * as many are open as may be, or after a failure, until one ends or
 * ACCEPTOR_PAUSE_MS passed; who waits, waits in the kernel's backlog.
 * Context: tool.
 */
#ifndef INQUEST_COLLECTOR_ACCEPTOR_H
#define INQUEST_COLLECTOR_ACCEPTOR_H

#include <netinet/in.h>
#include <stdint.h>

#include "collector/http/connections.h"
#include "proto/base/compiler.h"

#define ACCEPTOR_PAUSE_MS 100

/* Descriptors that connections leave to the database, the programs that look
 * up names and webhooks. */
#define ACCEPTOR_RESERVED 128

struct MHD_Daemon;
struct acceptor;

/* Listens; port 0: the kernel chooses. Fails with -errno. */
MUST_CHECK int acceptor_open(const struct sockaddr_in *address,
                             struct acceptor **ret_acceptor);
uint16_t acceptor_port(const struct acceptor *acceptor);

/* Starts the thread: at most open_max connections, fewer where the limit of
 * descriptors, which is raised as far as it may be, leaves fewer. Borrows
 * both. Fails with -errno. */
MUST_CHECK int acceptor_start(struct acceptor *acceptor, unsigned open_max,
                              struct MHD_Daemon *daemon,
                              struct connections *connections);

/* Accepts no more; what came already goes on. NULL inside is fine. */
void acceptor_close(struct acceptor **acceptor);

#endif
