/* Calls over the uploader's transport. Context: tool. */
#include "reporter/upload/collector_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/err.h"
#include "reporter/upload/upload_server.h"

int collector_open(const struct home *home, const char *token_key,
                   char why[CALL_WHY_BYTES], struct transport **ret_transport)
{
    int r = upload_server_open_as(home, token_key, why, CALL_WHY_BYTES,
                                  ret_transport);

    if (r == -ERR_NOT_FOUND) {
        (void)snprintf(why, CALL_WHY_BYTES,
                       "no collector is configured: set endpoint, or "
                       "INQUEST_ENDPOINT");
    }
    return r;
}

/* The sentence of {"error": sentence}, or the status. */
static void say_why(const struct transport_answer *answer, const json_t *json,
                    char why[CALL_WHY_BYTES])
{
    const char *sentence = json_string_value(json_object_get(json, "error"));

    (void)snprintf(why, CALL_WHY_BYTES, "the collector answered %ld: %.400s",
                   answer->status, sentence ? sentence : answer->detail);
}

static long read_answer(const struct transport_answer *answer,
                        const struct transport_body *body,
                        char why[CALL_WHY_BYTES], json_t **ret_answer)
{
    if (answer->status == 0) {
        (void)snprintf(why, CALL_WHY_BYTES, "no answer: %.400s",
                       answer->detail);
        return -EIO;
    }
    *ret_answer = json_loadb(body->data, body->size_bytes, 0, NULL);
    if (answer->status >= 300)
        say_why(answer, *ret_answer, why);
    if (answer->status < 300 && !*ret_answer) {
        (void)snprintf(why, CALL_WHY_BYTES,
                       "%ld, but no JSON: is the endpoint a collector?",
                       answer->status);
        return -EPROTO;
    }
    return answer->status;
}

long collector_ask(struct transport *transport,
                   const struct collector_call *call, char why[CALL_WHY_BYTES],
                   json_t **ret_answer)
{
    struct transport_answer answer = {0};
    struct transport_body body = {
        .data = malloc(CALL_ANSWER_BYTES_MAX),
        .capacity = CALL_ANSWER_BYTES_MAX,
    };
    struct transport_post post = {
        .method = call->method,
        .path = call->path,
        .content_type = "application/octet-stream",
        .body = call->body,
        .answer = &body,
    };
    long r = body.data ? transport_post(transport, &post) : -ENOMEM;

    if (r == 0)
        r = transport_wait(transport, -1, &answer);
    if (r > 0) {
        r = read_answer(&answer, &body, why, ret_answer);
    } else {
        (void)snprintf(why, CALL_WHY_BYTES, "%s",
                       err_text(r < 0 ? (int)r : -EIO));
        r = r < 0 ? r : -EIO;
    }
    free(body.data);
    return r;
}
