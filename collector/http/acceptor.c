/* A blocking accept, and pauses. Context: tool. */
#include "collector/http/acceptor.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "collector/metrics.h"
#include "proto/base/fd.h"

struct acceptor {
    int fd;
    uint16_t port;
    unsigned open_max;
    struct MHD_Daemon *daemon;
    struct connections *connections;
    pthread_t thread;
    bool running;
    atomic_bool stopping;
};

static int listen_on(const struct sockaddr_in *address,
                     struct acceptor *acceptor)
{
    struct sockaddr_in bound = *address;
    socklen_t size = sizeof bound;
    OWNED_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int yes = 1;

    /* Else the port of a collector that ended is taken for a minute. */
    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ||
        listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &size) < 0)
        return -errno;
    acceptor->port = ntohs(bound.sin_port);
    acceptor->fd = fd_take(&fd);
    return 0;
}

int acceptor_open(const struct sockaddr_in *address,
                  struct acceptor **ret_acceptor)
{
    struct acceptor *acceptor = calloc(1, sizeof *acceptor);

    if (!acceptor)
        return -ENOMEM;
    int r = listen_on(address, acceptor);
    if (r < 0) {
        free(acceptor);
        return r;
    }
    *ret_acceptor = acceptor;
    return 0;
}

uint16_t acceptor_port(const struct acceptor *acceptor)
{
    return acceptor->port;
}

/* How many of open_max the descriptors are enough for. */
static unsigned affordable(unsigned open_max)
{
    const rlim_t wanted = open_max + ACCEPTOR_RESERVED;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return open_max;
    if (limit.rlim_cur < wanted) {
        struct rlimit raised = limit;
        raised.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    if (limit.rlim_cur >= wanted)
        return open_max;
    return limit.rlim_cur / 2 > ACCEPTOR_RESERVED
               ? (unsigned)limit.rlim_cur - ACCEPTOR_RESERVED
               : (unsigned)limit.rlim_cur / 2;
}

/* One connection; false: not now (accept(2): what is no fault of the one who
 * came is a lack of descriptors or memory, or the network's). */
static bool accept_one(const struct acceptor *acceptor)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int fd = accept4(acceptor->fd, (struct sockaddr *)&address, &size,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return errno == ECONNABORTED || errno == EINTR;
    connections_expect(acceptor->connections);
    /* Without memory it closes it. */
    (void)MHD_add_connection(acceptor->daemon, fd, (struct sockaddr *)&address,
                             size);
    return true;
}

static void *run(void *argument)
{
    struct acceptor *acceptor = argument;
    struct connections *connections = acceptor->connections;

    while (!atomic_load(&acceptor->stopping)) {
        if (connections_full(connections, acceptor->open_max)) {
            connections_wait_end(connections, ACCEPTOR_PAUSE_MS);
        } else if (!accept_one(acceptor) && !atomic_load(&acceptor->stopping)) {
            metric_add(METRIC_ACCEPTS_FAILED, 1);
            connections_wait_end(connections, ACCEPTOR_PAUSE_MS);
        }
    }
    return NULL;
}

int acceptor_start(struct acceptor *acceptor, unsigned open_max,
                   struct MHD_Daemon *daemon, struct connections *connections)
{
    acceptor->open_max = affordable(open_max);
    acceptor->daemon = daemon;
    acceptor->connections = connections;
    int r = pthread_create(&acceptor->thread, NULL, run, acceptor);
    acceptor->running = r == 0;
    return -r;
}

void acceptor_close(struct acceptor **acceptor)
{
    if (!*acceptor)
        return;
    atomic_store(&(*acceptor)->stopping, true);
    (void)shutdown((*acceptor)->fd, SHUT_RD); /* wakes accept4 */
    if ((*acceptor)->running)
        (void)pthread_join((*acceptor)->thread, NULL);
    fd_close(&(*acceptor)->fd);
    free(*acceptor);
    *acceptor = NULL;
}
