/*
 * Text without stdio: a bounded builder, and numbers out of text. A text that
 * does not fit is cut, never overrun, and always ends with NUL; text.cut says
 * so. Context: any.
 */
#ifndef INQUEST_PROTO_BASE_FMT_H
#define INQUEST_PROTO_BASE_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

struct text {
    char *data; /* borrowed, capacity bytes, capacity >= 1 */
    size_t capacity;
    size_t size_bytes; /* without the NUL */
    bool cut;
};

/* Starts an empty text in a buffer the caller keeps. */
struct text text_init(char *buffer, size_t capacity);
void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const char *bytes, size_t count);
void text_append_u64(struct text *text, uint64_t value);
void text_append_i64(struct text *text, int64_t value);
/* Lower case, no prefix, at least digits wide with leading zeros. */
void text_append_hex(struct text *text, uint64_t value, unsigned digits);

/*
 * Reads digits of base 10 or 16 from *at up to end, and moves *at behind
 * them. Fails with -EINVAL where there is no digit, -ERANGE beyond 64 bits.
 */
MUST_CHECK int fmt_parse_u64(const char **at, const char *end, unsigned base,
                             uint64_t *ret_value);

/*
 * The number after "key" at the start of a line of text[size], as in
 * /proc/PID/status ("VmSwap:") or memory.events ("oom_kill "): spaces and tabs
 * are skipped. Fails with -ERR_NOT_FOUND.
 */
MUST_CHECK int fmt_find_u64(const char *text, size_t size, const char *key,
                            uint64_t *ret_value);

#endif
