/* The collector that is fuzzed. What fails here is no finding: abort, with a
 * word. Context: tool. */
#include "tests/fuzz/fuzz_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "collector/access/access.h"
#include "collector/collector.h"
#include "collector/config.h"
#include "collector/http/gzip.h"
#include "collector/http/http.h"
#include "collector/intake/janitor.h"
#include "collector/store.h"
#include "proto/base/fd.h"
#include "proto/report_codec.h"

#define PATH_BYTES     256
#define ANSWER_BYTES   65536
#define REQUEST_S      1 /* then the collector itself ends a connection */
#define READ_MS        3
#define LOOPBACK_FIRST 0x7f000002u /* 127.0.0.2; the collector is at .1 */
#define LOOPBACK_COUNT 0xfffff0u
#define SIGNAL_NUMBER  11
#define REPORT_ID_TEXT "0190a0b0-c0d0-7000-8000-000000000001"

static char directory[PATH_BYTES];
static struct config config;
static struct collector collector = {.config = &config};
static struct http *http;
static char group[32];

static void must(int r, const char *what)
{
    if (r >= 0)
        return;
    fprintf(stderr, "fuzz_server: %s: %d\n", what, r);
    abort();
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void stop(void)
{
    http_stop(&http);
    janitor_stop(&collector.janitor);
    access_close(&collector.access);
    store_close(&collector.store);
    config_close(&config);
    (void)nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A sync costs nothing where there is a file system in memory. */
static void make_directory(void)
{
    (void)snprintf(directory, sizeof directory, "/dev/shm/inquest-fuzz-XXXXXX");
    if (mkdtemp(directory))
        return;
    (void)snprintf(directory, sizeof directory, "/tmp/inquest-fuzz-XXXXXX");
    must(mkdtemp(directory) ? 0 : -errno, "mkdtemp");
}

static void start(void)
{
    const struct http_options options = {
        .address = {.sin_family = AF_INET,
                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
        .request_s = REQUEST_S,
    };
    char why[CONFIG_WHY_BYTES];
    char path[PATH_BYTES + 8];

    make_directory();
    (void)snprintf(path, sizeof path, "%s/db", directory);
    must(config_read(NULL, &config, why), "config_read");
    must(store_open(path, &collector.store), "store_open");
    must(access_open(&config, collector.store, &collector.access),
         "access_open");
    must(janitor_start(&collector, &collector.janitor), "janitor_start");
    must(http_start(&options, &collector, &http), "http_start");
    (void)signal(SIGPIPE, SIG_IGN);
    (void)atexit(stop);
}

static void put_report(void)
{
    Inquest__V1__Report report = INQUEST__V1__REPORT__INIT;
    Inquest__V1__Crash crash = INQUEST__V1__CRASH__INIT;
    Inquest__V1__Signal signal = INQUEST__V1__SIGNAL__INIT;
    char id[] = REPORT_ID_TEXT;
    char signal_name[] = "SIGSEGV";
    char head[512];
    uint8_t *packed = NULL;
    uint8_t *gzip = NULL;
    size_t size = 0;
    size_t gzip_bytes = 0;

    report.report_id = id;
    report.kind = INQUEST__V1__KIND__CRASH;
    report.time = clock_ms();
    report.schema_version = 1;
    report.crash = &crash;
    crash.signal = &signal;
    signal.number = SIGNAL_NUMBER;
    signal.name = signal_name;
    must(report_pack(&report, &packed, &size), "report_pack");
    must(gzip_make((struct span){packed, size}, &gzip, &gzip_bytes), "gzip");
    int head_bytes = snprintf(head, sizeof head,
                              "POST /v1/reports HTTP/1.1\r\nHost: localhost\r\n"
                              "Content-Type: application/x-protobuf\r\n"
                              "Content-Encoding: gzip\r\n"
                              "Idempotency-Key: " REPORT_ID_TEXT "\r\n"
                              "Content-Length: %zu\r\n\r\n",
                              gzip_bytes);
    char *whole = malloc((size_t)head_bytes + gzip_bytes);
    must(whole ? 0 : -ENOMEM, "malloc");
    memcpy(whole, head, (size_t)head_bytes);
    memcpy(whole + head_bytes, gzip, gzip_bytes);
    fuzz_server_exchange(whole, (size_t)head_bytes + gzip_bytes);
    free(whole);
    free(gzip);
    free(packed);
}

static void find_group(void)
{
    const struct store_filter filter = {.status = -1, .limit = 1};
    json_t *groups = store_groups(collector.store, &filter, clock_ms());
    json_t *list = json_object_get(groups, "groups");
    const char *id =
        json_string_value(json_object_get(json_array_get(list, 0), "id"));

    must(id ? 0 : -ENOENT, "a group");
    (void)snprintf(group, sizeof group, "%s", id);
    json_decref(groups);
}

const char *fuzz_server_group(void)
{
    if (!http)
        start();
    if (!*group) {
        put_report();
        find_group();
    }
    return group;
}

/*
 * From an address of its own each time: else ports would run out (TIME_WAIT),
 * and one address may guess passwords at a low rate alone.
 */
static int connect_anew(void)
{
    static uint32_t count;
    const struct timeval limit = {.tv_sec = FUZZ_SERVER_ANSWER_S};
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(LOOPBACK_FIRST + count++ % LOOPBACK_COUNT),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(bind(fd, (const struct sockaddr *)&address, sizeof address) < 0
             ? -errno
             : 0,
         "bind");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(http_port(http));
    /* libFuzzer's alarm: the connection is made all the same */
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 &&
        errno != EINTR)
        must(-errno, "connect");
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

static void send_all(int fd, const char *data, size_t size_bytes)
{
    for (size_t sent = 0; sent < size_bytes;) {
        ssize_t n = send(fd, data + sent, size_bytes - sent, MSG_NOSIGNAL);
        if (n < 0)
            return; /* refused before its end */
        sent += (size_t)n;
    }
}

void fuzz_server_exchange(const void *data, size_t size_bytes)
{
    /* libmicrohttpd 0.9.75 does not see an end that comes together with other
     * bytes, and waits for its deadline. So there is a last request, after
     * which it ends, and time to read it: without, each such input costs a
     * second, and no more. */
    static const char last[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                               "Connection: close\r\n\r\n";
    char answer[ANSWER_BYTES];
    ssize_t got;

    if (!http)
        start();
    OWNED_FD fd = connect_anew();
    struct pollfd answered = {.fd = fd, .events = POLLIN};
    send_all(fd, data, size_bytes);
    send_all(fd, last, sizeof last - 1);
    (void)poll(&answered, 1, READ_MS);
    (void)shutdown(fd, SHUT_WR); /* or it has ended already */
    do {
        got = recv(fd, answer, sizeof answer, 0);
    } while (got > 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        fputs("fuzz_server: no end of an answer\n", stderr);
        abort();
    }
}
