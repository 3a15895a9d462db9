/* The sampling rate. Context: any. */
#include "handler/sampler/sample_rate.h"

#include <stdbool.h>

#define MS_PER_S 1000

/* Use of the limiting cgroup that cannot be taken back. */
static uint64_t used_pages(const struct box_sample *sample,
                           uint32_t reclaimable_pages)
{
    uint32_t current = sample->cgroup_current_pages;

    if (current == BOX_UNKNOWN_U32)
        return sample->rss_pages == BOX_UNKNOWN_U32 ? 0 : sample->rss_pages;
    return current > reclaimable_pages ? current - reclaimable_pages : 0;
}

static void take_growth(struct sample_rate *rate, uint64_t elapsed_ms,
                        uint64_t used)
{
    int64_t since_ms = (int64_t)(elapsed_ms - rate->before_ms);

    if (rate->before_ms != 0 && since_ms > 0) {
        int64_t growth = ((int64_t)used - (int64_t)rate->used_pages_before) *
                         MS_PER_S / since_ms;
        rate->growth_pages_per_s = (rate->growth_pages_per_s + growth) / 2;
    }
    rate->before_ms = elapsed_ms;
    rate->used_pages_before = used;
}

static bool limit_is_near(const struct sample_rate *rate,
                          const struct box_sample *sample, uint64_t used)
{
    uint32_t limit = sample->cgroup_limit_pages;

    if (limit == BOX_UNKNOWN_U32 || rate->growth_pages_per_s <= 0)
        return false;
    uint64_t left = limit > used ? limit - used : 0;
    return left / (uint64_t)rate->growth_pages_per_s < SAMPLE_LIMIT_NEAR_S;
}

static bool has_moved(const struct sample_rate *rate,
                      const struct box_sample *sample, uint64_t used)
{
    uint32_t now = sample->rss_pages;
    uint32_t then = rate->flat_rss_pages;
    uint32_t moved = now > then ? now - then : then - now;
    uint32_t limit = sample->cgroup_limit_pages;

    if (moved > SAMPLE_FLAT_PAGES || moved > then / SAMPLE_FLAT_SHARE)
        return true;
    if (sample->pressure_some_permille != BOX_UNKNOWN_U16 &&
        sample->pressure_some_permille > 0)
        return true;
    return limit != BOX_UNKNOWN_U32 &&
           used * 100 > (uint64_t)limit * SAMPLE_FLAT_LIMIT_PERCENT;
}

uint32_t sample_rate_next(struct sample_rate *rate, uint64_t elapsed_ms,
                          const struct box_sample *sample,
                          uint32_t reclaimable_pages)
{
    uint64_t used = used_pages(sample, reclaimable_pages);

    take_growth(rate, elapsed_ms, used);
    if (has_moved(rate, sample, used)) {
        rate->flat_since_ms = elapsed_ms;
        rate->flat_rss_pages = sample->rss_pages;
    }
    if (limit_is_near(rate, sample, used))
        rate->fast_until_ms = elapsed_ms + SAMPLE_FAST_HOLD_MS;
    if (elapsed_ms < rate->fast_until_ms)
        return SAMPLE_FAST_MS;
    return elapsed_ms - rate->flat_since_ms >= SAMPLE_FLAT_AFTER_MS
               ? SAMPLE_SLOW_MS
               : SAMPLE_NORMAL_MS;
}
