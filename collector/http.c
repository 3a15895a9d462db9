/*
 * libmicrohttpd: one pool of threads, bodies collected up to a limit.
 * Context: tool.
 */
#include "collector/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ingest.h"
#include "collector/page/serve.h"
#include "proto/report_json.h"

#define THREADS         4
#define CONNECTIONS_MAX 512
#define IDLE_SECONDS    30
#define LIST_DEFAULT    100
#define POLICY_HEADER   "default-src 'none'; frame-ancestors 'none'"

struct http {
    struct MHD_Daemon *daemon;
    struct store *store;
};

/* One request: its body so far. */
struct request {
    char *body;
    size_t size_bytes, capacity;
    bool too_large;
};

static int append(struct request *request, const char *data, size_t size)
{
    if (request->size_bytes + size > INGEST_BODY_BYTES_MAX) {
        request->too_large = true; /* read on, keep nothing */
        return 0;
    }
    if (request->size_bytes + size > request->capacity) {
        size_t wanted = 2 * (request->size_bytes + size);
        char *grown = realloc(request->body, wanted);
        if (!grown)
            return -ENOMEM;
        request->body = grown;
        request->capacity = wanted;
    }
    memcpy(request->body + request->size_bytes, data, size);
    request->size_bytes += size;
    return 0;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static size_t argument(struct MHD_Connection *connection, const char *name,
                       size_t fallback)
{
    const char *text =
        MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
    char *end = NULL;
    unsigned long value = text ? strtoul(text, &end, 10) : fallback;

    return !text || *end || end == text ? fallback : value;
}

static struct answer post(const struct http *http,
                          struct MHD_Connection *connection, const char *path,
                          const struct request *request)
{
    struct span body = {(const uint8_t *)(request->body ? request->body : ""),
                        request->size_bytes};
    struct ingest_headers headers = {
        header(connection, "Content-Type"),
        header(connection, "Content-Encoding"),
        header(connection, "Idempotency-Key"),
    };

    if (request->too_large)
        return answer_error(413, "the body is larger than 16 MiB");
    if (strcmp(path, "/v1/reports") == 0)
        return ingest_report(http->store, &headers, body);
    if (strcmp(path, "/v1/deletion-requests") == 0)
        return ingest_deletion(http->store, body);
    return answer_error(404, "no such address");
}

static struct answer raw_report(const struct http *http, const char *id)
{
    uint8_t *data = NULL;
    size_t size = 0;

    if (store_get(http->store, id, &data, &size) < 0)
        return answer_error(404, "no report with this id");
    return (struct answer){200, ANSWER_BINARY, (char *)data, size};
}

/* NULL where there is none. A new reference. */
static json_t *load_json(const struct http *http, const char *id)
{
    OWNED_REPORT *report = NULL;
    uint8_t *data = NULL;
    size_t size = 0;

    if (store_get(http->store, id, &data, &size) < 0)
        return NULL;
    int r = report_unpack((struct span){data, size}, &report);
    free(data);
    if (r < 0 || report_expand_frames(report) < 0)
        return NULL;
    return report_to_json(&report->base);
}

static struct answer one_report(const struct http *http, const char *rest)
{
    char id[REPORT_ID_BYTES] = "";
    size_t size = strcspn(rest, "/");

    if (size >= sizeof id)
        return answer_error(404, "no report with this id");
    memcpy(id, rest, size);
    if (strcmp(rest + size, "/raw") == 0)
        return raw_report(http, id);
    json_t *json = rest[size] ? NULL : load_json(http, id);
    return json ? answer_json(200, json)
                : answer_error(404, "no report with this id");
}

static struct answer get(const struct http *http,
                         struct MHD_Connection *connection, const char *path)
{
    static const char one[] = "/v1/reports/";
    size_t limit = argument(connection, "limit", LIST_DEFAULT);

    if (strcmp(path, "/healthz") == 0)
        return answer_json(200, json_pack("{s:s}", "status", "ok"));
    if (strcmp(path, "/v1/reports") == 0) {
        return answer_json(
            200, store_list(http->store,
                            limit < STORE_LIST_MAX ? limit : STORE_LIST_MAX,
                            argument(connection, "offset", 0)));
    }
    if (strncmp(path, one, sizeof one - 1) == 0)
        return one_report(http, path + sizeof one - 1);
    return answer_error(404, "no such address");
}

static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   struct answer answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer.body_bytes, answer.body ? answer.body : (char *)"",
        answer.body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);

    if (!response) {
        free(answer.body);
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "Content-Type",
                                  answer.content_type);
    (void)MHD_add_response_header(response, "Content-Security-Policy",
                                  POLICY_HEADER);
    (void)MHD_add_response_header(response, "X-Content-Type-Options",
                                  "nosniff");
    enum MHD_Result r = MHD_queue_response(connection, answer.status, response);
    MHD_destroy_response(response);
    return r;
}

/* The signature is libmicrohttpd's. */
/* NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection,
                              const char *path, const char *method,
                              const char *version, const char *data,
                              size_t *data_bytes, void **state)
{
    const struct http *http = context;
    struct request *request = *state;

    (void)version;
    if (!request) {
        *state = calloc(1, sizeof *request);
        return *state ? MHD_YES : MHD_NO;
    }
    if (*data_bytes > 0) {
        int r = append(request, data, *data_bytes);
        *data_bytes = 0;
        return r < 0 ? MHD_NO : MHD_YES;
    }
    if (strcmp(method, "POST") == 0)
        return send_answer(connection, post(http, connection, path, request));
    if (strcmp(method, "GET") == 0) {
        const struct page_asset *asset = page_asset_find(path);
        if (asset)
            return page_serve(connection, asset);
        return send_answer(connection, get(http, connection, path));
    }
    return send_answer(connection, answer_error(405, "use GET or POST"));
}

static void completed(void *context, struct MHD_Connection *connection,
                      void **state, enum MHD_RequestTerminationCode code)
{
    struct request *request = *state;

    (void)context;
    (void)connection;
    (void)code;
    if (request)
        free(request->body);
    free(request);
}

int http_start(const struct sockaddr_in *address, struct store *store,
               struct http **ret_http)
{
    struct http *http = calloc(1, sizeof *http);

    if (!http)
        return -ENOMEM;
    http->store = store;
    http->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, handle,
        http, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_NOTIFY_COMPLETED,
        completed, NULL, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
    if (!http->daemon) {
        int r = errno ? -errno : -EADDRINUSE;
        free(http);
        return r;
    }
    *ret_http = http;
    return 0;
}

uint16_t http_port(const struct http *http)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);

    return info ? info->port : 0;
}

void http_stop(struct http **http)
{
    if (!*http)
        return;
    MHD_stop_daemon((*http)->daemon);
    free(*http);
    *http = NULL;
}
