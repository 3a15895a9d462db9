/*
 * --serve: questions as JSON lines, {"module","buildId","address"}, answers the
 * same way, each flushed: the other side waits for it. The first answer of a
 * module also says what was found and tried ("debug"). {"type"}, a mangled
 * type, is answered by {"type"}. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_SERVE_H
#define INQUEST_SYMBOLICATE_SERVE_H

#include "symbolicate/symbols.h"

#define LINE_BYTES_MAX 16384
#define MODULES_MAX    512

struct serve_options {
    const char *const *directories;
    size_t directory_count;
    const struct cache_store *store;
};

/* Until the end of standard input. */
void serve(const struct serve_options *options);

/* Hexadecimal, with or without 0x, blanks around it. */
bool parse_address(const char *line, uint64_t *ret_address);

#endif
