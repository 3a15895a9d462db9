/* libcurl: one connection, kept alive over all reports. Context: tool. */
#include "reporter/transport.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/io.h"

#define URL_BYTES    2048
#define HEADER_BYTES 1200
#define TOKEN_BYTES  1024
#define WHY_BYTES    (URL_BYTES + 256)

struct transport {
    CURL *curl;
    char url[URL_BYTES];
    char token[TOKEN_BYTES];
    char why[WHY_BYTES];
};

/* http is for loopback alone: a token and a report travel in the clear. */
static bool is_allowed(const char *endpoint)
{
    static const char *const loopback[] = {"127.0.0.1", "localhost", "[::1]"};

    if (strncmp(endpoint, "https://", 8) == 0)
        return true;
    if (strncmp(endpoint, "http://", 7) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(loopback); i++) {
        size_t size = strlen(loopback[i]);
        const char end = strncmp(endpoint + 7, loopback[i], size) == 0
                             ? endpoint[7 + size]
                             : 'x';
        if (end == ':' || end == '/' || end == '\0')
            return true;
    }
    return false;
}

static int read_token(struct transport *transport, const char *path)
{
    size_t size = 0;

    if (!path)
        return 0;
    int r = io_read_text(AT_FDCWD, path, transport->token, TOKEN_BYTES, &size);
    if (r == 0)
        transport->token[strcspn(transport->token, "\r\n")] = '\0';
    return r;
}

int transport_open(const char *endpoint, const char *token_file,
                   struct transport **ret_transport)
{
    if (!is_allowed(endpoint))
        return -EPERM;
    struct transport *transport = calloc(1, sizeof *transport);
    if (!transport)
        return -ENOMEM;
    size_t size = strlen(endpoint);
    bool slash = size > 0 && endpoint[size - 1] == '/';
    (void)snprintf(transport->url, URL_BYTES, "%s%sv1/reports", endpoint,
                   slash ? "" : "/");
    int r = read_token(transport, token_file);
    if (r == 0 && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        r = -ENOMEM;
    transport->curl = r == 0 ? curl_easy_init() : NULL;
    if (!transport->curl) {
        transport_close(&transport);
        return r < 0 ? r : -ENOMEM;
    }
    *ret_transport = transport;
    return 0;
}

void transport_close(struct transport **transport)
{
    if (!*transport)
        return;
    if ((*transport)->curl)
        curl_easy_cleanup((*transport)->curl);
    free(*transport);
    *transport = NULL;
}

enum transport_verdict transport_judge(long status)
{
    switch (status) {
    case 200:
    case 202:
        return TRANSPORT_ACCEPTED;
    case 400:
    case 413:
    case 415:
    case 422:
        return TRANSPORT_BAD;
    case 0:
    case 408:
    case 429:
        return TRANSPORT_RETRY;
    default:
        return status >= 500 && status < 600 ? TRANSPORT_RETRY : TRANSPORT_STOP;
    }
}

static size_t discard(char *data, size_t size, size_t count, void *unused)
{
    (void)data;
    (void)unused;
    return size * count;
}

static struct curl_slist *make_headers(const struct transport *transport,
                                       const char *report_id)
{
    char line[HEADER_BYTES];
    struct curl_slist *headers =
        curl_slist_append(NULL, "Content-Type: application/x-protobuf");

    headers = curl_slist_append(headers, "Content-Encoding: gzip");
    headers = curl_slist_append(headers, "Expect:");
    (void)snprintf(line, sizeof line, "Idempotency-Key: %s", report_id);
    headers = curl_slist_append(headers, line);
    if (transport->token[0]) {
        (void)snprintf(line, sizeof line, "Authorization: Bearer %s",
                       transport->token);
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

static void set_options(struct transport *transport, struct span gzip)
{
    CURL *curl = transport->curl;

    curl_easy_setopt(curl, CURLOPT_URL, transport->url);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)gzip.data);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)gzip.size_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L); /* refused */
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
                     (long)TRANSPORT_CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TRANSPORT_TOTAL_SECONDS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "inquest/" INQUEST_VERSION);
}

enum transport_verdict transport_send(struct transport *transport,
                                      const char *report_id, struct span gzip,
                                      const char **ret_why)
{
    struct curl_slist *headers = make_headers(transport, report_id);
    long status = 0;

    set_options(transport, gzip);
    curl_easy_setopt(transport->curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(transport->curl);
    if (code == CURLE_OK) {
        curl_easy_getinfo(transport->curl, CURLINFO_RESPONSE_CODE, &status);
        (void)snprintf(transport->why, WHY_BYTES, "%s answered %ld",
                       transport->url, status);
    } else {
        (void)snprintf(transport->why, WHY_BYTES, "%s: %s", transport->url,
                       curl_easy_strerror(code));
    }
    curl_slist_free_all(headers);
    *ret_why = transport->why;
    return transport_judge(status);
}
