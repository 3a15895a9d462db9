/* Endpoint, token, deletion requests. Context: tool. */
#include "reporter/upload_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/io.h"
#include "proto/keyfile.h"
#include "reporter/audit.h"
#include "reporter/state_file.h"
#include "reporter/upload_verdict.h"

#define TOKEN_BYTES_MAX 800 /* a header line holds it */
#define BODY_BYTES      128

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
static int read_token(const struct home *home, char token[TOKEN_BYTES_MAX],
                      char *why, size_t why_bytes)
{
    const char *path = config_get(&home->config, "token_file");
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char beside[STATE_PATH_BYTES];
    size_t size = 0;

    if (!path && directory) {
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
    int r = read_token(home, token, why, why_bytes);
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

int deletion_request(const struct home *home, const char *installation)
{
    char text[BODY_BYTES];

    int size =
        snprintf(text, sizeof text, "installationId = %s\n", installation);
    struct span data = {(const uint8_t *)text, (size_t)size};
    return state_file_write(home->state_fd, DELETION_FILE, data);
}

int deletion_send(const struct home *home, struct transport *transport)
{
    OWNED_KEYFILE file = {0};
    struct transport_answer answer = {0};
    char body[BODY_BYTES];

    if (keyfile_open(home->state_fd, DELETION_FILE, &file, NULL) < 0)
        return 0;
    const char *id = keyfile_get(&file, "installationId");
    int size = snprintf(body, sizeof body, "{\"installationId\":\"%.36s\"}",
                        id ? id : "");
    struct transport_post post = {
        .path = "/v1/deletion-requests",
        .content_type = "application/json",
        .body = {(const uint8_t *)body, (size_t)size},
    };
    int r = transport_post(transport, &post);
    if (r == 0)
        r = transport_wait(transport, -1, &answer);
    if (r < 0)
        return r;
    if (r == 0 || upload_verdict(answer.status) != UPLOAD_ACCEPTED)
        return -EAGAIN; /* asked again at the next upload */
    r = state_file_erase(home->state_fd, DELETION_FILE);
    if (r == 0)
        r = audit_append(home->state_fd, "deletion", "acknowledged");
    return r < 0 ? r : 1;
}
