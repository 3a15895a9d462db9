/* HTTP by libcurl's multi interface. Context: tool. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reporter/upload/transport.h"

#define CONNECT_SECONDS   20
#define TIMEOUT_SECONDS   300
#define SLOW_BYTES_PER_S  100 /* slower than this for … */
#define SLOW_SECONDS      30  /* … so long is as good as dead */
#define WAIT_MS           60000
#define HEADER_BYTES      1024
#define ANSWER_DETAIL_MAX 160

struct transfer {
    CURL *easy;
    struct curl_slist *headers;
    struct transport_post post;
    char answer[TRANSPORT_ANSWER_BYTES];
    size_t answer_bytes;
    char error[CURL_ERROR_SIZE];
    unsigned redirects;
    bool headers_whole; /* their end was seen; curl does not insist on it */
    char refused[TRANSPORT_DETAIL_BYTES]; /* where it was sent, not followed */
};

struct transport {
    CURLM *multi;
    struct transport_options options;
    char endpoint[TRANSPORT_ENDPOINT_BYTES];
    struct transfer *transfers[TRANSPORT_PARALLEL_MAX];
};

/* Scheme, host and port of a URL, for the two rules. */
struct origin {
    char *scheme;
    char *host;
    char *port;
};

static void origin_free(struct origin *origin)
{
    curl_free(origin->scheme);
    curl_free(origin->host);
    curl_free(origin->port);
}

static int origin_of(const char *url, struct origin *ret_origin)
{
    CURLU *parts = curl_url();
    bool whole =
        parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_SCHEME, &ret_origin->scheme, 0) ==
            CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &ret_origin->host, 0) ==
            CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &ret_origin->port,
                     CURLU_DEFAULT_PORT) == CURLUE_OK;

    curl_url_cleanup(parts);
    return whole ? 0 : -EINVAL;
}

static bool is_loopback(const char *host)
{
    struct in_addr address;

    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &address) == 1 &&
           (ntohl(address.s_addr) >> 24) == 127;
}

static int check_endpoint(const char *endpoint)
{
    CLEANUP(origin_free) struct origin origin = {0};

    int r = origin_of(endpoint, &origin);
    if (r < 0)
        return r;
    if (strcmp(origin.scheme, "https") == 0)
        return 0;
    if (strcmp(origin.scheme, "http") != 0)
        return -EINVAL;
    return is_loopback(origin.host) ? 0 : -EPERM;
}

static bool same_origin(const char *a, const char *b)
{
    CLEANUP(origin_free) struct origin left = {0};
    CLEANUP(origin_free) struct origin right = {0};

    return origin_of(a, &left) == 0 && origin_of(b, &right) == 0 &&
           strcmp(left.scheme, right.scheme) == 0 &&
           strcasecmp(left.host, right.host) == 0 &&
           strcmp(left.port, right.port) == 0;
}

int transport_open(const struct transport_options *options,
                   struct transport **ret_transport)
{
    size_t size = strlen(options->endpoint);

    int r = check_endpoint(options->endpoint);
    if (r < 0)
        return r;
    while (size > 0 && options->endpoint[size - 1] == '/')
        size--;
    if (size >= TRANSPORT_ENDPOINT_BYTES)
        return -EINVAL;
    struct transport *transport = calloc(1, sizeof *transport);
    if (!transport)
        return -ENOMEM;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    transport->options = *options;
    memcpy(transport->endpoint, options->endpoint, size);
    transport->multi = curl_multi_init();
    if (!transport->multi) {
        free(transport);
        return -ENOMEM;
    }
    *ret_transport = transport;
    return 0;
}

static void transfer_close(struct transport *transport, size_t slot)
{
    struct transfer *transfer = transport->transfers[slot];

    if (!transfer)
        return;
    if (transfer->easy) {
        curl_multi_remove_handle(transport->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    curl_slist_free_all(transfer->headers);
    free(transfer);
    transport->transfers[slot] = NULL;
}

void transport_close(struct transport **transport)
{
    if (!*transport)
        return;
    for (size_t i = 0; i < TRANSPORT_PARALLEL_MAX; i++)
        transfer_close(*transport, i);
    curl_multi_cleanup((*transport)->multi);
    free(*transport);
    *transport = NULL;
}

static size_t keep_body(struct transport_body *body, const char *data,
                        size_t bytes)
{
    if (bytes > body->capacity - body->size_bytes)
        return 0;
    memcpy(body->data + body->size_bytes, data, bytes);
    body->size_bytes += bytes;
    return bytes;
}

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t bytes = size * count;
    size_t room = sizeof transfer->answer - 1 - transfer->answer_bytes;
    size_t kept = bytes < room ? bytes : room;

    memcpy(transfer->answer + transfer->answer_bytes, data, kept);
    transfer->answer_bytes += kept;
    if (transfer->post.answer)
        return keep_body(transfer->post.answer, data, bytes);
    return kept == bytes ? bytes : 0; /* a huge answer is cut off */
}

/* Called for each line (CURLOPT_HEADERFUNCTION): an empty one is the end. */
/* NOLINTNEXTLINE(readability-non-const-parameter): curl's signature */
static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t bytes = size * count;

    transfer->headers_whole = bytes > 0 && (data[0] == '\r' || data[0] == '\n');
    return bytes;
}

static bool add_header(struct transfer *transfer, const char *name,
                       const char *value)
{
    char line[HEADER_BYTES];

    if (!value)
        return true;
    if (strpbrk(value, "\r\n"))
        return false;
    int size = snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *longer = size < (int)sizeof line
                                    ? curl_slist_append(transfer->headers, line)
                                    : NULL;
    if (!longer)
        return false;
    transfer->headers = longer;
    return true;
}

static bool set_headers(const struct transport *transport,
                        struct transfer *transfer)
{
    char bearer[HEADER_BYTES];
    const char *token = transport->options.token;
    const struct transport_post *post = &transfer->post;

    if (token && snprintf(bearer, sizeof bearer, "Bearer %s", token) >=
                     (int)sizeof bearer)
        return false;
    return add_header(transfer, "Content-Type", post->content_type) &&
           add_header(transfer, "Content-Encoding", post->encoding) &&
           add_header(transfer, "Idempotency-Key", post->idempotency_key) &&
           add_header(transfer, "Authorization", token ? bearer : NULL) &&
           add_header(transfer, "Expect", ""); /* no 100-continue round */
}

/* False: no memory for a copy, and curl would go on with what it had. */
static bool set_text(CURL *easy, CURLoption option, const char *text)
{
    return !text || curl_easy_setopt(easy, option, text) == CURLE_OK;
}

static bool set_security(CURL *easy, const struct transport_options *options)
{
    /* Plain http is for this machine: no proxy may read it on its way. */
    bool plain = strncasecmp(options->endpoint, "http:", 5) == 0;

    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    if (options->ca_file) /* else the system's directory counts as well */
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    return set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
           set_text(easy, CURLOPT_CAINFO, options->ca_file) &&
           set_text(easy, CURLOPT_SSLCERT, options->client_certificate) &&
           set_text(easy, CURLOPT_SSLKEY, options->client_key) &&
           set_text(easy, CURLOPT_PROXY, plain ? "" : options->proxy);
}

/* A server that dies, stalls or drips costs a bounded time. */
static void set_limits(CURL *easy, long timeout_s)
{
    long total = timeout_s > 0 ? timeout_s : TIMEOUT_SECONDS;

    curl_easy_setopt(easy, CURLOPT_TIMEOUT, total);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_PER_S);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
}

static void set_request(struct transfer *transfer, const char *url)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    if (transfer->post.method && strcmp(transfer->post.method, "GET") == 0) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->post.method);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->post.body.data);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)transfer->post.body.size_bytes);
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "inquest/" INQUEST_VERSION);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

static size_t free_slot(const struct transport *transport)
{
    size_t slot = 0;

    while (slot < TRANSPORT_PARALLEL_MAX && transport->transfers[slot])
        slot++;
    return slot;
}

int transport_post(struct transport *transport,
                   const struct transport_post *post)
{
    char url[TRANSPORT_ENDPOINT_BYTES + TRANSPORT_PATH_BYTES];
    size_t slot = free_slot(transport);

    if (slot == TRANSPORT_PARALLEL_MAX)
        return -EBUSY;
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer)
        return -ENOMEM;
    transport->transfers[slot] = transfer;
    transfer->post = *post;
    transfer->easy = curl_easy_init();
    if (!transfer->easy || !set_headers(transport, transfer)) {
        transfer_close(transport, slot);
        return -EINVAL;
    }
    snprintf(url, sizeof url, "%s%s", transport->endpoint, post->path);
    if (!set_security(transfer->easy, &transport->options)) {
        transfer_close(transport, slot);
        return -ENOMEM;
    }
    set_limits(transfer->easy, transport->options.timeout_s);
    set_request(transfer, url);
    if (curl_multi_add_handle(transport->multi, transfer->easy) != CURLM_OK) {
        transfer_close(transport, slot);
        return -EIO;
    }
    return 0;
}

/* The first line of text[size], fit for a terminal. */
static void copy_line(const char *text, size_t size,
                      char ret_line[TRANSPORT_DETAIL_BYTES])
{
    size_t used = 0;

    while (used < size && used < ANSWER_DETAIL_MAX) {
        unsigned char c = (unsigned char)text[used];
        if (c == '\n' || c == '\r' || c == '\0')
            break;
        ret_line[used++] = (char)(c < ' ' || c >= 0x7f ? '?' : c);
    }
    ret_line[used] = '\0';
}

/* Those that ask for the same request again (RFC 9110 section 15.4). */
static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 307 || status == 308;
}

/* Why the target is not followed; NULL: it is. */
static const char *redirect_refused(const struct transport *transport,
                                    const struct transfer *transfer,
                                    const char *target)
{
    if (!same_origin(transport->endpoint, target))
        return "redirects elsewhere, refused";
    if (transfer->redirects == TRANSPORT_REDIRECTS_MAX)
        return "too many redirects";
    return NULL;
}

/* Sends again to where the server points, when that is the server itself. */
static bool follow(struct transport *transport, struct transfer *transfer)
{
    char *target = NULL;

    curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &target);
    if (!target)
        return false;
    const char *why = redirect_refused(transport, transfer, target);
    char *url = why ? NULL : strdup(target);
    if (!url) {
        snprintf(transfer->refused, sizeof transfer->refused, "%s: %.160s",
                 why ? why : "no memory", target);
        return false;
    }
    transfer->redirects++;
    transfer->answer_bytes = 0;
    if (transfer->post.answer)
        transfer->post.answer->size_bytes = 0;
    curl_multi_remove_handle(transport->multi, transfer->easy);
    curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
    free(url);
    return curl_multi_add_handle(transport->multi, transfer->easy) == CURLM_OK;
}

static void fill_answer(const struct transfer *transfer, CURLcode code,
                        struct transport_answer *answer)
{
    struct curl_header *retry = NULL;

    *answer = (struct transport_answer){.owner = transfer->post.owner};
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    if (transfer->refused[0] != '\0') {
        copy_line(transfer->refused, sizeof transfer->refused, answer->detail);
    } else {
        copy_line(transfer->answer, transfer->answer_bytes, answer->detail);
    }
    size_t size = transfer->answer_bytes;
    size = size < sizeof answer->body ? size : sizeof answer->body - 1;
    memcpy(answer->body, transfer->answer, size); /* zeroed behind it */
    /* A cut answer still has its status line; but only a whole one counts. */
    if ((code != CURLE_OK && code != CURLE_WRITE_ERROR) ||
        !transfer->headers_whole) {
        answer->status = 0;
        snprintf(answer->detail, sizeof answer->detail, "%s",
                 code == CURLE_OK     ? "it was cut off"
                 : transfer->error[0] ? transfer->error
                                      : curl_easy_strerror(code));
        return;
    }
    if (curl_easy_header(transfer->easy, "Retry-After", 0, CURLH_HEADER, -1,
                         &retry) == CURLHE_OK) {
        snprintf(answer->retry_after, sizeof answer->retry_after, "%s",
                 retry->value);
    }
}

/* One finished transfer; true when it makes an answer. */
static bool finish(struct transport *transport, const CURLMsg *message,
                   struct transport_answer *answer)
{
    struct transfer *transfer = NULL;
    CURLcode code = message->data.result;
    long status = 0;

    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && is_redirect(status) && follow(transport, transfer))
        return false;
    fill_answer(transfer, code, answer);
    for (size_t i = 0; i < TRANSPORT_PARALLEL_MAX; i++) {
        if (transport->transfers[i] == transfer)
            transfer_close(transport, i);
    }
    return true;
}

/* Until a socket or wake_fd is ready: 1, woken: 0. */
static int wait_for_socket(struct transport *transport, int wake_fd)
{
    struct curl_waitfd wake = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};

    if (curl_multi_poll(transport->multi, &wake, wake_fd >= 0, WAIT_MS, NULL) !=
        CURLM_OK)
        return -EIO;
    return wake_fd < 0 || wake.revents == 0;
}

int transport_wait(struct transport *transport, int wake_fd,
                   struct transport_answer *ret_answer)
{
    for (;;) {
        int running = 0;
        int left = 0;
        if (curl_multi_perform(transport->multi, &running) != CURLM_OK)
            return -EIO;
        const CURLMsg *message = curl_multi_info_read(transport->multi, &left);
        if (message && message->msg == CURLMSG_DONE) {
            if (finish(transport, message, ret_answer))
                return 1;
            continue;
        }
        if (running == 0)
            return 0;
        int r = wait_for_socket(transport, wake_fd);
        if (r <= 0)
            return r;
    }
}
