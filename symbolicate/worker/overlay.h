/*
 * Intervals laid over each other: which of them shows at each address.
 * Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_OVERLAY_H
#define INQUEST_SYMBOLICATE_WORKER_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

struct layer {
    uint64_t begin, end; /* begin < end */
    uint64_t rank;       /* the highest shows; no two are equal */
    uint32_t what;
};

struct layers {
    struct layer *at;
    size_t count, capacity;
};

typedef int overlay_shows(void *context, uint64_t begin, uint64_t end,
                          uint32_t what);

/*
 * Sorts layers and calls shows for each stretch, by rising address. Fails with
 * -ENOMEM, or with what shows returned below zero. O(n log n).
 */
MUST_CHECK int overlay_flatten(struct layers *layers, overlay_shows *shows,
                               void *context);

#endif
