/*
 * Reading a report as JSON without minding what is missing. Context: tool.
 */
#ifndef INQUEST_REPORTER_VIEW_H
#define INQUEST_REPORTER_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/base/compiler.h"
#include "reporter/home.h"

#define VIEW_SAMPLES_MAX 4096

/* A string member, "" where there is none. */
const char *view_text(const json_t *object, const char *key);
/* A number, also one written as a string, decimal or 0x…. */
bool view_number(const json_t *object, const char *key, uint64_t *ret_value);

/* Prints foreign text: control characters become '?'. */
void view_print(FILE *out, const char *text);

/* "12.3 MiB". */
#define VIEW_BYTES_TEXT 24
void view_bytes(uint64_t bytes, char ret_text[VIEW_BYTES_TEXT]);

/* "function at file:line (module)", "module+0x1f", or where code of no file is:
 * a runtime has made it. */
#define VIEW_FRAME_TEXT 1024
void view_frame(const json_t *frame, char ret_text[VIEW_FRAME_TEXT]);

/* Whether it is a frame of our own library: people have no use for it. */
bool view_is_guest(const json_t *frame);

/* How the frame was found, where that is worth a word: " [a guess]", or "". */
const char *view_trust(const json_t *frame);

/*
 * "… 1234 more frames repeat the last 2" where thread's frames are folded
 * behind the one with this index, "" where they are not. The index counts
 * without inlined frames.
 */
#define VIEW_REPEAT_TEXT 96
void view_repeat(const json_t *thread, uint64_t index,
                 char ret_text[VIEW_REPEAT_TEXT]);

/* Whether two threads have the same stack (by pc). */
bool view_same_stack(const json_t *a, const json_t *b);

/* "1234 us (DUMPER)", with the reason of a lower tier. */
void view_tier(const json_t *report, char *text, size_t capacity);

/*
 * What happened, in a few words: "editor crashed: SIGSEGV", "indexer ended:
 * OOM_KILL", "editor: snapshot of 12 threads". Foreign text is in it.
 */
#define VIEW_TITLE_BYTES 256
void view_title(const json_t *report, char ret_text[VIEW_TITLE_BYTES]);

/*
 * The report with this id as JSON, its frames as they are: symbols_fill names
 * them. A new reference.
 */
MUST_CHECK int view_open(const struct home *home, const char *id,
                         json_t **ret_report);

#endif
