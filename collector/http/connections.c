/* The thread that looks at the clock. Context: tool. */
#include "collector/http/connections.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "collector/metrics.h"
#include "collector/pause.h"

struct connection {
    struct connection *next, *previous;
    int fd;
    int64_t since_s; /* CLOCK_MONOTONIC */
};

struct connections {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed, ended;
    struct connection all; /* a ring */
    unsigned open, expected;
    int64_t expected_s; /* since when the last one is, CLOCK_MONOTONIC */
    unsigned limit_s;
    bool stopping;
};

static int64_t now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return now.tv_sec;
}

/* The kernel tells libmicrohttpd, which closes it in its own thread. */
static void cut_late(struct connections *connections)
{
    int64_t now = now_s();

    for (struct connection *at = connections->all.next; at != &connections->all;
         at = at->next) {
        if (now - at->since_s < connections->limit_s)
            continue;
        (void)shutdown(at->fd, SHUT_RDWR); /* it may be gone already */
        at->since_s = now;
        metric_add(METRIC_CONNECTIONS_CUT, 1);
    }
}

static void *watch(void *argument)
{
    struct connections *connections = argument;

    (void)pthread_mutex_lock(&connections->lock);
    while (!connections->stopping) {
        struct timespec next = pause_until(1);
        (void)pthread_cond_timedwait(&connections->changed, &connections->lock,
                                     &next);
        cut_late(connections);
    }
    (void)pthread_mutex_unlock(&connections->lock);
    return NULL;
}

int connections_start(unsigned limit_s, struct connections **ret_connections)
{
    struct connections *connections = calloc(1, sizeof *connections);

    if (!connections)
        return -ENOMEM;
    connections->limit_s = limit_s;
    connections->all.next = &connections->all;
    connections->all.previous = &connections->all;
    (void)pthread_mutex_init(&connections->lock, NULL);
    pause_init(&connections->changed);
    pause_init(&connections->ended);
    int r = pthread_create(&connections->thread, NULL, watch, connections);
    if (r != 0) {
        free(connections);
        return -r;
    }
    *ret_connections = connections;
    return 0;
}

void connections_stop(struct connections **connections)
{
    if (!*connections)
        return;
    (void)pthread_mutex_lock(&(*connections)->lock);
    (*connections)->stopping = true;
    (void)pthread_cond_signal(&(*connections)->changed);
    (void)pthread_mutex_unlock(&(*connections)->lock);
    (void)pthread_join((*connections)->thread, NULL);
    (void)pthread_cond_destroy(&(*connections)->changed);
    (void)pthread_cond_destroy(&(*connections)->ended);
    (void)pthread_mutex_destroy(&(*connections)->lock);
    free(*connections);
    *connections = NULL;
}

struct connection *connection_begin(struct connections *connections, int fd)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    connection->fd = fd;
    connection->since_s = now_s();
    (void)pthread_mutex_lock(&connections->lock);
    connection->next = connections->all.next;
    connection->previous = &connections->all;
    connection->next->previous = connection;
    connections->all.next = connection;
    connections->open++;
    if (connections->expected > 0)
        connections->expected--;
    (void)pthread_mutex_unlock(&connections->lock);
    return connection;
}

void connection_end(struct connections *connections,
                    struct connection *connection)
{
    if (!connection)
        return;
    (void)pthread_mutex_lock(&connections->lock);
    connection->next->previous = connection->previous;
    connection->previous->next = connection->next;
    connections->open--;
    (void)pthread_cond_signal(&connections->ended);
    (void)pthread_mutex_unlock(&connections->lock);
    free(connection);
}

void connection_served(struct connections *connections,
                       struct connection *connection)
{
    if (!connection)
        return;
    (void)pthread_mutex_lock(&connections->lock);
    connection->since_s = now_s();
    (void)pthread_mutex_unlock(&connections->lock);
}

bool connections_full(struct connections *connections, unsigned open_max)
{
    (void)pthread_mutex_lock(&connections->lock);
    if (now_s() - connections->expected_s > connections->limit_s)
        connections->expected = 0;
    bool full = connections->open + connections->expected >= open_max;
    (void)pthread_mutex_unlock(&connections->lock);
    return full;
}

void connections_expect(struct connections *connections)
{
    (void)pthread_mutex_lock(&connections->lock);
    connections->expected++;
    connections->expected_s = now_s();
    (void)pthread_mutex_unlock(&connections->lock);
}

void connections_wait_end(struct connections *connections, unsigned wait_ms)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until); /* cannot fail */
    until.tv_nsec += wait_ms % 1000 * 1000000l;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000l;
    until.tv_nsec %= 1000000000l;
    (void)pthread_mutex_lock(&connections->lock);
    (void)pthread_cond_timedwait(&connections->ended, &connections->lock,
                                 &until);
    (void)pthread_mutex_unlock(&connections->lock);
}
