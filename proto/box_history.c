/* Rings to one series. Context: tool. */
#include "proto/box_history.h"

#include <string.h>

#define NS_PER_MS 1000000u

/* A moment on the clocks of box: boot and unix are the same. */
struct anchor {
    uint64_t epoch_ms; /* CLOCK_BOOTTIME at time_ms 0 */
    uint64_t boot_ms;
    uint64_t unix_ms;
};

bool box_sampler_read(const struct box *box, struct box_sampler *ret_sampler)
{
    *ret_sampler = box->sampler;
    if (box_sealed(ret_sampler, sizeof *ret_sampler)) {
        ret_sampler->name[sizeof ret_sampler->name - 1] = '\0';
        ret_sampler->limiting_cgroup[sizeof ret_sampler->limiting_cgroup - 1] =
            '\0';
        ret_sampler->cgroup[sizeof ret_sampler->cgroup - 1] = '\0';
        return true;
    }
    memset(ret_sampler, 0xff, sizeof *ret_sampler);
    memset(ret_sampler->error, 0, sizeof ret_sampler->error);
    ret_sampler->period_ms = 0;
    ret_sampler->clock_steps = 0;
    ret_sampler->name[0] = '\0';
    ret_sampler->limiting_cgroup[0] = '\0';
    ret_sampler->cgroup[0] = '\0';
    return false;
}

static struct anchor anchor_of(const struct box *box)
{
    const struct box_identity *identity = &box->identity;
    struct box_sampler sampler;

    if (box_sampler_read(box, &sampler)) {
        return (struct anchor){identity->ring_epoch_boot_ns / NS_PER_MS,
                               sampler.clock_boot_ns / NS_PER_MS,
                               sampler.clock_unix_ms};
    }
    return (struct anchor){identity->ring_epoch_boot_ns / NS_PER_MS,
                           identity->ring_epoch_boot_ns / NS_PER_MS,
                           identity->ring_epoch_unix_ms};
}

/* time_ms has 32 bits: the nearest such moment to the anchor. */
static void set_time(const struct anchor *anchor, struct box_point *point)
{
    uint32_t anchor_ms = (uint32_t)(anchor->boot_ms - anchor->epoch_ms);
    int64_t offset = (int32_t)(point->sample.time_ms - anchor_ms);

    point->boot_ms = anchor->boot_ms + (uint64_t)offset;
    point->unix_ms = (int64_t)(anchor->unix_ms + (uint64_t)offset);
}

struct ring {
    const struct box_sample *samples;
    uint32_t count;
};

/* Appends the samples of one ring that are later than all before it and
 * earlier than before_ms. */
static size_t append_ring(const struct anchor *anchor, struct ring ring,
                          uint64_t before_ms, struct box_point *points,
                          size_t used)
{
    static struct box_sample samples[BOX_TENS_COUNT];
    uint32_t found = box_ring_read(ring.samples, ring.count, samples);

    for (uint32_t i = 0; i < found; i++) {
        struct box_point point = {.sample = samples[i]};
        set_time(anchor, &point);
        if (point.boot_ms < before_ms &&
            (used == 0 || point.boot_ms > points[used - 1].boot_ms))
            points[used++] = point;
    }
    return used;
}

/* When the ring begins, or otherwise_ms where it is empty. */
static uint64_t begin_of(const struct anchor *anchor, struct ring ring,
                         uint64_t otherwise_ms)
{
    static struct box_point points[BOX_TENS_COUNT];

    return append_ring(anchor, ring, UINT64_MAX, points, 0) > 0
               ? points[0].boot_ms
               : otherwise_ms;
}

size_t box_history_read(const struct box *box, struct box_point *points)
{
    const struct ring seconds = {box->seconds, BOX_SECONDS_COUNT};
    const struct ring tens = {box->tens, BOX_TENS_COUNT};
    const struct ring minutes = {box->minutes, BOX_MINUTES_COUNT};
    struct anchor anchor = anchor_of(box);
    uint64_t seconds_ms = begin_of(&anchor, seconds, UINT64_MAX);
    uint64_t tens_ms = begin_of(&anchor, tens, seconds_ms);
    uint64_t finer_ms = tens_ms < seconds_ms ? tens_ms : seconds_ms;

    size_t used = append_ring(&anchor, minutes, finer_ms, points, 0);
    used = append_ring(&anchor, tens, seconds_ms, points, used);
    return append_ring(&anchor, seconds, UINT64_MAX, points, used);
}
