/*
 * What one thread has made of its units: strings, files, records, segments.
 * Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_POOL_H
#define INQUEST_SYMBOLICATE_WORKER_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "symbolicate/worker/hash_map.h"
#include "symbolicate/worker/string_set.h"

#define SEGMENTS_MAX (1u << 27)
#define POOL_NONE    UINT32_MAX

/* Addresses [begin, end) with one answer. */
struct segment {
    uint64_t begin, end;
    uint32_t record; /* POOL_NONE: no information */
    uint32_t unit;   /* lower goes before higher where units overlap */
};

/*
 * Set in segment.unit of a line without a function outside what its unit says
 * it covers: the linker left it there for code that is gone.
 */
#define SEGMENT_STRAY (1u << 31)

struct segments {
    struct segment *at;
    size_t count, capacity;
};

struct pool {
    struct string_set strings;
    /* name, file (both of strings), line, parent: struct cache_record */
    struct tuple_set records;
    struct segments segments;
    struct hash_map by_pointer; /* libdw's strings, while their Dwarf lives */
};

/* The number of a string of libdw's; POOL_NONE for NULL. */
MUST_CHECK int pool_string(struct pool *pool, const char *string,
                           uint32_t *ret_index);
MUST_CHECK int pool_record(struct pool *pool, struct tuple record,
                           uint32_t *ret_index);
MUST_CHECK int pool_segment(struct pool *pool, struct segment segment);

/* Forgets the addresses of strings: their Dwarf is about to go. */
void pool_forget_pointers(struct pool *pool);
void pool_clear(struct pool *pool);

#endif
