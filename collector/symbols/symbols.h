/*
 * Names for what is stored. Two threads, each with a limited child that reads
 * the debug files (proto/symbol_client.h): one for a person who waits for a
 * report, one that gives each new stack its names and its group. Debug files
 * lie in build-id trees: those of the configuration and one a project,
 *
 *     DIR/PROJECT/.build-id/ab/cdef…[.debug]   verified uploads
 *     DIR/PROJECT/upload/…                     what is not whole yet
 *     DIR/PROJECT/cache/                       symbol caches
 *
 * so that a project's files name only its own reports. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_SYMBOLS_H
#define INQUEST_COLLECTOR_SYMBOLS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "collector/collector.h"
#include "proto/base/compiler.h"

#define SYMBOLS_WAITING_MAX    32     /* reports that persons wait for */
#define SYMBOLS_REPORT_WAIT_MS 15000  /* a person's patience */
#define SYMBOLS_STACK_WAIT_MS  180000 /* one stack */
#define SYMBOLS_IDLE_S         1
#define SYMBOLS_LOOK_S         60 /* for missing files in build-id trees */
#define SYMBOLS_PATH_BYTES     4096

struct symbols;

/* Fails with -errno; -ENOENT: inquest-symbolicate is not beside us. */
MUST_CHECK int symbols_start(struct collector *collector,
                             struct symbols **ret_symbols);
void symbols_stop(struct symbols **symbols);

/* A stack may wait for names. */
void symbols_wake(struct symbols *symbols);

/* A debug file of a build-id came: its stacks are named again. */
void symbols_came(struct symbols *symbols, const char *build_id);

/* done gets report, filled as far as it could be, and adds "symbolication". */
typedef void symbols_done(void *context, json_t *report);

/*
 * Fills a report's JSON, which it takes, and hands it to done on the thread
 * of symbols; false: too many wait, and nothing was taken.
 */
bool symbols_fill_later(struct symbols *symbols, int64_t project,
                        json_t *report, symbols_done *done, void *context);

/* The state of a report that nobody looks up names for. */
void symbols_none(json_t *report);

/*
 * Where a project's debug files lie, "DIR/PROJECT/part"; false: too long.
 */
bool symbols_path(const struct symbols *symbols, int64_t project,
                  const char *part, char ret_path[SYMBOLS_PATH_BYTES]);

/* The program beside ours. */
const char *symbols_program(const struct symbols *symbols);

#endif
