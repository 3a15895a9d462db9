/*
 * The memory history of a box: three rings of falling resolution, as one
 * series. Not for two threads at a time. Context: tool.
 */
#ifndef INQUEST_PROTO_BOX_HISTORY_H
#define INQUEST_PROTO_BOX_HISTORY_H

#include "proto/box.h"

#define BOX_HISTORY_MAX (BOX_SECONDS_COUNT + BOX_TENS_COUNT + BOX_MINUTES_COUNT)

struct box_point {
    int64_t unix_ms;  /* by the clock as it was set last */
    uint64_t boot_ms; /* CLOCK_BOOTTIME */
    struct box_sample sample;
};

/*
 * Writes the whole samples of the box, oldest first, and returns how many: a
 * coarser ring only where the finer one does not reach back. Samples whose
 * time contradicts their place are left out. points has BOX_HISTORY_MAX
 * elements.
 */
size_t box_history_read(const struct box *box, struct box_point *points);

/*
 * What the sampler says of itself. False, and all unknown, when the record is
 * torn or was never written.
 */
bool box_sampler_read(const struct box *box, struct box_sampler *ret_sampler);

#endif
