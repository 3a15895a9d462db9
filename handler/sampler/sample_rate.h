/*
 * How often to sample: 1 Hz; 10 Hz while the cgroup's limit is less than a
 * minute away; 0.2 Hz when nothing has moved for a minute. A pure function of
 * the samples. Context: any.
 */
#ifndef INQUEST_HANDLER_SAMPLE_RATE_H
#define INQUEST_HANDLER_SAMPLE_RATE_H

#include <stdint.h>

#include "proto/box.h"

#define SAMPLE_FAST_MS   100u
#define SAMPLE_NORMAL_MS 1000u
#define SAMPLE_SLOW_MS   5000u

#define SAMPLE_LIMIT_NEAR_S       60u   /* to the limit, at the present slope */
#define SAMPLE_FAST_HOLD_MS       3000u /* 10 Hz goes on so long at least */
#define SAMPLE_FLAT_AFTER_MS      60000u /* without movement */
#define SAMPLE_FLAT_PAGES         256u   /* 1 MiB is movement … */
#define SAMPLE_FLAT_SHARE         100u   /* … and so is a hundredth */
#define SAMPLE_FLAT_LIMIT_PERCENT 80u    /* above it nothing counts as flat */

/* {0} is the start. */
struct sample_rate {
    uint64_t before_ms; /* of the sample before */
    uint64_t used_pages_before;
    int64_t growth_pages_per_s; /* smoothed */
    uint64_t flat_since_ms;
    uint32_t flat_rss_pages; /* what it is compared with */
    uint64_t fast_until_ms;
};

/*
 * Takes one sample in and returns the milliseconds until the next.
 * elapsed_ms rises; reclaimable_pages is file cache the kernel can take back.
 */
uint32_t sample_rate_next(struct sample_rate *rate, uint64_t elapsed_ms,
                          const struct box_sample *sample,
                          uint32_t reclaimable_pages);

#endif
