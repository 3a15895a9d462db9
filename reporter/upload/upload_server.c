/* Endpoint and token. Context: tool. */
#include "reporter/upload/upload_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/io.h"

#define TOKEN_BYTES_MAX 800 /* a header line holds it */

/* Fit for a header's line (RFC 6750 section 2.1 allows less still). */
static bool token_fits(const char *token, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (token[i] <= ' ' || token[i] > '~')
            return false;
    }
    return size > 0;
}

/* 1: read; 0: none is configured. */
static int read_token(const struct home *home, const char *key,
                      char token[TOKEN_BYTES_MAX], char *why, size_t why_bytes)
{
    const char *path = config_get(&home->config, key);
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char beside[STATE_PATH_BYTES];
    size_t size = 0;

    if (!path && directory && strcmp(key, "token_file") == 0) {
        snprintf(beside, sizeof beside, "%.480s/token", directory);
        path = access(beside, F_OK) == 0 ? beside : NULL;
    }
    if (!path)
        return 0;
    int r = io_read_text(AT_FDCWD, path, token, TOKEN_BYTES_MAX, &size);
    if (r < 0) {
        snprintf(why, why_bytes, "token file %s: %s", path, err_text(r));
        return r;
    }
    while (size > 0 && strchr(" \t\r\n", token[size - 1]))
        token[--size] = '\0';
    if (!token_fits(token, size)) {
        snprintf(why, why_bytes, "token file %s: not one word of ASCII", path);
        return -EINVAL;
    }
    return 1;
}

int upload_server_open(const struct home *home, char *why, size_t why_bytes,
                       struct transport **ret_transport)
{
    return upload_server_open_as(home, "token_file", why, why_bytes,
                                 ret_transport);
}

int upload_server_open_as(const struct home *home, const char *token_key,
                          char *why, size_t why_bytes,
                          struct transport **ret_transport)
{
    static char token[TOKEN_BYTES_MAX]; /* as long as the transport */
    const struct config *config = &home->config;
    struct transport_options options = {
        .endpoint = config_get(config, "endpoint"),
        .ca_file = config_get(config, "ca_file"),
        .client_certificate = config_get(config, "client_certificate"),
        .client_key = config_get(config, "client_key"),
        .proxy = config_get(config, "proxy"),
        .timeout_s = config_number(config, "send_timeout", 0),
    };

    if (!options.endpoint)
        return -ERR_NOT_FOUND;
    int r = read_token(home, token_key, token, why, why_bytes);
    if (r < 0)
        return r;
    options.token = r > 0 ? token : NULL;
    r = transport_open(&options, ret_transport);
    if (r < 0) {
        snprintf(why, why_bytes, "endpoint %.200s: %s", options.endpoint,
                 r == -EPERM ? "plain http only goes to this machine; use https"
                             : err_text(r));
    }
    return r;
}
