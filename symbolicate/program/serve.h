/*
 * --serve: questions as JSON lines, {"module","buildId","address"}, answers the
 * same way, each flushed: the other side waits for it. The first answer of a
 * module also says what was found and where, or tried ("debug"). {"type"}, a
 * mangled type, is answered by {"type"}. Before an answer that takes long there
 * may be lines of {"progress":{"buildId","bytes","total"}}, at most four a
 * second; total 0: not known. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_SERVE_H
#define INQUEST_SYMBOLICATE_SERVE_H

#include "symbolicate/symbols.h"

#define LINE_BYTES_MAX 16384
#define MODULES_MAX    256 /* open at once: the least recently asked leaves */

struct serve_options {
    const char *const *directories;
    size_t directory_count;
    const struct cache_store *store;
    struct debuginfod *debuginfod; /* NULL: servers are not asked */
};

/* Until the end of standard input. */
void serve(const struct serve_options *options);

/* A line of progress: debuginfod_progress. */
void serve_progress(void *context, const char *build_id, uint64_t bytes,
                    uint64_t total_bytes);

/* Hexadecimal, with or without 0x, blanks around it. */
bool parse_address(const char *line, uint64_t *ret_address);

#endif
