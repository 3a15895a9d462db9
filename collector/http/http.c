/* libmicrohttpd: a pool of threads, bodies collected up to a limit. Context:
 * tool. */
#include "collector/http/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/access/access.h"
#include "collector/http/acceptor.h"
#include "collector/http/connections.h"
#include "collector/http/request.h"
#include "collector/http/route.h"
#include "collector/metrics.h"
#include "collector/page/serve.h"
#include "proto/base/err.h"

#define THREADS                 4
#define IDLE_SECONDS            30
#define CONNECTION_MEMORY_BYTES (32u << 10)
#define BODY_FIRST_BYTES        4096u
#define DRAIN_POLL_MS           10
#define STOP_RETRY_SECONDS      10
#define TLS_PRIORITIES \
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"
#define POLICY_HEADER "default-src 'none'; frame-ancestors 'none'"

struct http {
    struct MHD_Daemon *daemon;
    struct collector *collector;
    struct connections *connections;
    struct acceptor *acceptor;
    atomic_size_t bodies_bytes; /* reserved for bodies under way */
    atomic_bool stopping;
};

static bool reserve(struct http *http, struct request *request, size_t wanted)
{
    size_t more = wanted - request->capacity;

    if (atomic_fetch_add(&http->bodies_bytes, more) + more > HTTP_BODIES_MAX) {
        atomic_fetch_sub(&http->bodies_bytes, more);
        return false;
    }
    return true;
}

static void refuse_body(struct request *request, struct answer answer)
{
    request->answered = true; /* the rest is read and thrown away */
    request->answer = answer;
}

static void append(struct http *http, struct request *request, const char *data,
                   size_t size)
{
    size_t max = request->route ? request->route->body_bytes_max : 0;

    if (request->answered)
        return;
    if (size > max || request->body_bytes > max - size) {
        refuse_body(request, answer_error(413, "the body is too large"));
        return;
    }
    if (request->body_bytes + size > request->capacity) {
        size_t wanted = 2 * (request->body_bytes + size);
        wanted = wanted < BODY_FIRST_BYTES ? BODY_FIRST_BYTES : wanted;
        char *grown = reserve(http, request, wanted)
                          ? realloc(request->body, wanted)
                          : NULL;
        if (!grown) {
            refuse_body(request, answer_later(503, 1, "too much at once"));
            return;
        }
        request->body = grown;
        request->capacity = wanted;
    }
    memcpy(request->body + request->body_bytes, data, size);
    request->body_bytes += size;
}

static struct MHD_Response *make_response(const struct answer *answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body_bytes, answer->body ? answer->body : (char *)"",
        answer->body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    char number[16];

    if (!response)
        return NULL;
    if (answer->content_type) {
        (void)MHD_add_response_header(response, "Content-Type",
                                      answer->content_type);
    }
    if (answer->cookie[0])
        (void)MHD_add_response_header(response, "Set-Cookie", answer->cookie);
    if (answer->retry_after_s) {
        (void)snprintf(number, sizeof number, "%u", answer->retry_after_s);
        (void)MHD_add_response_header(response, "Retry-After", number);
    }
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    (void)MHD_add_response_header(response, "Content-Security-Policy",
                                  POLICY_HEADER);
    (void)MHD_add_response_header(response, "X-Content-Type-Options",
                                  "nosniff");
    return response;
}

static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   struct request *request)
{
    struct answer *answer = &request->answer;
    struct MHD_Response *response = make_response(answer);

    if (!response)
        return MHD_NO; /* completed() frees the body */
    answer->body = NULL;
    metric_request(answer->status);
    enum MHD_Result r =
        MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    return r;
}

/* Headers are there: who is it, and what for. */
static struct request *begin(struct http *http,
                             struct MHD_Connection *connection,
                             const char *method, const char *path)
{
    struct request *request = calloc(1, sizeof *request);
    bool known = false;

    if (!request)
        return NULL;
    metric_active(1);
    request->collector = http->collector;
    request->connection = connection;
    request->route = route_find(method, path, request->id, &known);
    if (!request->route) {
        refuse_body(request, known ? answer_error(405, "another method")
                                   : answer_error(404, "no such address"));
        return request;
    }
    if (atomic_load(&http->stopping)) { /* a connection that was kept alive */
        refuse_body(request, answer_later(503, STOP_RETRY_SECONDS,
                                          "the collector is stopping"));
        return request;
    }
    struct answer denied;
    if (!access_check(http->collector->access, request, &denied))
        refuse_body(request, denied);
    return request;
}

static enum MHD_Result call_handler(struct MHD_Connection *connection,
                                    struct request *request)
{
    if (!request->answered) {
        struct answer answer = request->work.answer
                                   ? request->work.answer(request->work.context)
                                   : request->route->handler(request);
        if (answer.status == 0)
            return MHD_YES; /* suspended; comes back answered */
        request->answer = answer;
        request->answered = true;
    }
    return send_answer(connection, request);
}

/* The signature is libmicrohttpd's. */
/* NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection,
                              const char *path, const char *method,
                              const char *version, const char *data,
                              size_t *data_bytes, void **state)
{
    struct http *http = context;

    (void)version;
    const struct page_asset *asset =
        strcmp(method, "GET") == 0 ? page_asset_find(path) : NULL;
    if (asset && *state)
        return page_serve(connection, asset); /* no secret is in it */
    if (!*state) {
        *state = begin(http, connection, method, path);
        return *state ? MHD_YES : MHD_NO;
    }
    if (*data_bytes > 0) {
        append(http, *state, data, *data_bytes);
        *data_bytes = 0;
        return MHD_YES;
    }
    return call_handler(connection, *state);
}

static struct connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void completed(void *context, struct MHD_Connection *connection,
                      void **state, enum MHD_RequestTerminationCode code)
{
    struct http *http = context;
    struct request *request = *state;

    if (!request)
        return;
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        connection_served(http->connections, connection_of(connection));
    if (request->work.free)
        request->work.free(request->work.context);
    free(request->answer.body);
    free(request->body);
    atomic_fetch_sub(&http->bodies_bytes, request->capacity);
    free(request);
    *state = NULL;
    metric_active(-1);
}

static void connected(void *context, struct MHD_Connection *connection,
                      void **socket_context,
                      enum MHD_ConnectionNotificationCode code)
{
    struct http *http = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context =
            info ? connection_begin(http->connections, info->connect_fd) : NULL;
    } else {
        connection_end(http->connections, *socket_context);
        *socket_context = NULL;
    }
}

static int start_daemon(const struct http_options *options, struct http *http)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
                     MHD_USE_NO_LISTEN_SOCKET;

    if (options->certificate) {
        if (MHD_is_feature_supported(MHD_FEATURE_SSL) != MHD_YES)
            return -ENOTSUP;
        flags |= MHD_USE_TLS;
    }
    errno = 0;
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, http, MHD_OPTION_NOTIFY_COMPLETED,
        completed, http, MHD_OPTION_NOTIFY_CONNECTION, connected, http,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
        MHD_OPTION_CONNECTION_LIMIT,
        2u * HTTP_CONNECTIONS_MAX, /* the acceptor's count comes later */
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_ARRAY,
        options->certificate ? tls : tls + 3, MHD_OPTION_END);
    if (http->daemon)
        return 0;
    return errno ? -errno : options->certificate ? -ERR_FORMAT : -ENOMEM;
}

int http_start(const struct http_options *options, struct collector *collector,
               struct http **ret_http)
{
    struct http *http = calloc(1, sizeof *http);

    if (!http)
        return -ENOMEM;
    http->collector = collector;
    int r = acceptor_open(&options->address, &http->acceptor);
    if (r == 0)
        r = connections_start(options->request_s, &http->connections);
    if (r == 0)
        r = start_daemon(options, http);
    if (r == 0) {
        r = acceptor_start(http->acceptor, HTTP_CONNECTIONS_MAX, http->daemon,
                           http->connections);
    }
    if (r < 0) {
        http_stop(&http);
        return r;
    }
    *ret_http = http;
    return 0;
}

uint16_t http_port(const struct http *http)
{
    return acceptor_port(http->acceptor);
}

/*
 * Waits for the requests under way, by a poll, once in a life. Its bound is for
 * clients; what our own threads owe comes as surely as the disk does, and
 * libmicrohttpd aborts where an answer is owed at its end.
 */
static void drain(void)
{
    const struct timespec pause = {.tv_nsec = DRAIN_POLL_MS * 1000000l};

    for (int i = 0; i < HTTP_STOP_S * 1000 / DRAIN_POLL_MS; i++) {
        if (metric_active_now() == 0)
            return;
        (void)nanosleep(&pause, NULL);
        if (request_deferred() > 0)
            i = 0; /* it is to be sent, too */
    }
}

void http_stop(struct http **http)
{
    if (!*http)
        return;
    acceptor_close(&(*http)->acceptor);
    atomic_store(&(*http)->stopping, true);
    if ((*http)->daemon) {
        drain();
        MHD_stop_daemon((*http)->daemon);
    }
    connections_stop(&(*http)->connections);
    free(*http);
    *http = NULL;
}
