/*
 * What the C library's malloc holds, seen from outside: the headers of its
 * chunks in the brk heap, and of large blocks that are mappings of their own
 * (glibc's malloc/malloc.c, "Malloc chunks"). Asking it from inside
 * (mallinfo2) takes every arena's lock and walks lists of unknown length while
 * the program waits to allocate; here nobody is stopped, nothing is locked, and
 * the cost is known before. The heap may change meanwhile: what makes no sense
 * ends the walk. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_MALLOC_WALK_H
#define INQUEST_HANDLER_DUMPER_MALLOC_WALK_H

#include "handler/dumper/report_build.h"

#define MALLOC_WALK_US_MAX     5000u
#define MALLOC_WALK_US_PER_MIB 600u /* of the brk heap, measured */
#define MALLOC_BLOCKS_MAX      4096 /* large ones; half a microsecond each */

struct malloc_sums {
    uint64_t used_bytes; /* freed small ones in caches and fast bins included */
    uint64_t free_bytes; /* what lies at the heap's end included */
    uint64_t mapped_bytes;
    uint64_t mapped_count;
    bool heap_known; /* the first two are */
};

/* Needs target_read_mappings. Where the heap is too large, heap_known stays
 * false and *ret_us is what it would have cost; 0 otherwise. */
void malloc_walk(struct target *target, struct malloc_sums *ret_sums,
                 uint64_t *ret_us);

/* Into report.alarm, after build_memory; says in a note what was too dear. Of a
 * program that is partly swapped out nothing is read. */
void build_malloc(struct build *build);

#endif
