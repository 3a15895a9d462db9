/*
 * The client of inquest-symbolicate --serve: debug files are hostile input, so
 * they are read by a limited child that speaks JSON lines. The child may hang
 * or die: a question has a deadline, after which the child is killed and all
 * later questions fail. One thread. Context: tool.
 */
#ifndef INQUEST_PROTO_SYMBOL_CLIENT_H
#define INQUEST_PROTO_SYMBOL_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define SYMBOL_ARGUMENTS_MAX 40
#define SYMBOL_ANSWER_BYTES  (1u << 20)
#define SYMBOL_ANSWER_MS     120000 /* a large file's cache is made meanwhile */
#define SYMBOL_MODULES_MAX   512    /* debug files that are remembered */
#define SYMBOL_PATIENCE_MS   1000   /* before an answer is called slow */

/* What the child, and each that it starts, may take of the machine; memory it
 * limits itself. */
#define SYMBOL_CPU_SECONDS 3600
#define SYMBOL_FILE_BYTES  (4ull << 30)
#define SYMBOL_FILES       512

struct symbol_client;

/*
 * Starts program --serve with arguments, which end with NULL. Fails with
 * -errno, -ERR_LIMIT.
 */
MUST_CHECK int symbol_client_start(const char *program,
                                   const char *const *arguments,
                                   struct symbol_client **ret_client);
void symbol_client_stop(struct symbol_client **client);

enum symbol_client_event {
    SYMBOL_CLIENT_SLOW,     /* what: the question */
    SYMBOL_CLIENT_PROGRESS, /* what: {"buildId","bytes","total"}, of a fetch */
    SYMBOL_CLIENT_ANSWERED, /* after one of those; what: NULL */
};

typedef void symbol_client_wait(enum symbol_client_event event,
                                const json_t *what);

/* Called from now on while a question waits; NULL: nothing is. */
void symbol_client_on_wait(struct symbol_client *client,
                           symbol_client_wait *on_wait);

/*
 * One question, one answer, a new reference; NULL when the child is gone, does
 * not answer within answer_ms, or answers no JSON.
 */
json_t *symbol_client_ask(struct symbol_client *client, const json_t *request,
                          int64_t answer_ms);

/*
 * What the child said of a module's debug file: {"state","buildId","path",
 * "tried"}; borrowed; NULL: nothing yet.
 */
const json_t *symbol_client_debug(const struct symbol_client *client,
                                  const char *module, const char *build_id);

/* Whether it is time for a new one: it is gone, or it remembers too much. */
bool symbol_client_spent(const struct symbol_client *client);

#endif
