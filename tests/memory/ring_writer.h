/* What ring_writer writes and box_tell expects. Context: tool. */
#ifndef INQUEST_TESTS_MEMORY_RING_WRITER_H
#define INQUEST_TESTS_MEMORY_RING_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/box.h"

/* Every field follows from the time: half of one record and half of another
 * are seen. */
static inline void ring_fill(struct box_sample *sample, uint32_t time_ms)
{
    memset(sample, 0, sizeof *sample);
    sample->version = 1;
    sample->rss_pages = time_ms * 3;
    sample->anon_pages = time_ms * 5;
    sample->swap_pages = time_ms * 7;
    sample->cgroup_current_pages = time_ms * 11;
    sample->heap_live_kib = time_ms * 13;
    sample->threads = (uint16_t)time_ms;
    sample->slope_kib_per_s = (int16_t)(time_ms >> 3);
}

static inline bool ring_written(const struct box_sample *sample)
{
    struct box_sample wanted;

    ring_fill(&wanted, sample->time_ms);
    return sample->rss_pages == wanted.rss_pages &&
           sample->anon_pages == wanted.anon_pages &&
           sample->swap_pages == wanted.swap_pages &&
           sample->cgroup_current_pages == wanted.cgroup_current_pages &&
           sample->heap_live_kib == wanted.heap_live_kib &&
           sample->threads == wanted.threads &&
           sample->slope_kib_per_s == wanted.slope_kib_per_s;
}

#endif
