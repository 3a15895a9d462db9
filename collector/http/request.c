/* Requests, with libmicrohttpd behind them. Context: tool. */
#include "collector/http/request.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/collector.h"

int64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static atomic_uint deferred;

unsigned request_deferred(void)
{
    return atomic_load(&deferred);
}

void request_defer(struct request *request)
{
    atomic_fetch_add(&deferred, 1);
    MHD_suspend_connection(request->connection);
}

void request_answer(struct request *request, struct answer answer)
{
    request->answer = answer;
    request->answered = true;
    request_resume(request);
}

void request_resume(struct request *request)
{
    MHD_resume_connection(request->connection);
    atomic_fetch_sub(&deferred, 1);
}

struct span request_body(const struct request *request)
{
    return (struct span){(const uint8_t *)(request->body ? request->body : ""),
                         request->body_bytes};
}

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
                                       name);
}

const char *request_argument(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection,
                                       MHD_GET_ARGUMENT_KIND, name);
}

size_t request_number(const struct request *request, const char *name,
                      size_t fallback, size_t max)
{
    const char *text = request_argument(request, name);
    char *end = NULL;
    unsigned long value = text ? strtoul(text, &end, 10) : fallback;

    if (text && (end == text || *end || *text == '-'))
        value = fallback;
    return value < max ? value : max;
}

void request_address(const struct request *request, char *text, size_t capacity)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    text[0] = '\0';
    if (info && info->client_addr->sa_family == AF_INET) {
        const struct sockaddr_in *address = (const void *)info->client_addr;
        (void)inet_ntop(AF_INET, &address->sin_addr, text, (socklen_t)capacity);
    }
}
