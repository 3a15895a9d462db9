/* Samples to rings. Context: any. */
#include "handler/sampler/sample_rings.h"

#define FIRST_SEQUENCE 2 /* 1 is the box's own first sample */

static uint32_t add_u32(uint32_t a, uint32_t b)
{
    if (a == BOX_UNKNOWN_U32 || b == BOX_UNKNOWN_U32)
        return a == BOX_UNKNOWN_U32 ? b : a;
    return a + b < a ? BOX_UNKNOWN_U32 - 1 : a + b;
}

static uint16_t add_u16(uint16_t a, uint16_t b)
{
    if (a == BOX_UNKNOWN_U16 || b == BOX_UNKNOWN_U16)
        return a == BOX_UNKNOWN_U16 ? b : a;
    uint32_t sum = (uint32_t)a + b;
    return (uint16_t)(sum < BOX_UNKNOWN_U16 ? sum : BOX_UNKNOWN_U16 - 1);
}

static uint8_t add_u8(uint8_t a, uint8_t b)
{
    unsigned sum = (unsigned)a + b;

    return (uint8_t)(sum < UINT8_MAX ? sum : UINT8_MAX);
}

/* Into sum: the larger of both, the counts of both, the latest slow figures. */
static void merge(struct box_sample *sum, const struct box_sample *sample)
{
    struct box_sample before = *sum;

    if (sample->rss_pages != BOX_UNKNOWN_U32 &&
        (before.rss_pages == BOX_UNKNOWN_U32 ||
         sample->rss_pages >= before.rss_pages))
        *sum = *sample;
    if (sum->swap_pages == BOX_UNKNOWN_U32) {
        sum->swap_pages = sample->swap_pages != BOX_UNKNOWN_U32
                              ? sample->swap_pages
                              : before.swap_pages;
    }
    sum->minor_faults = add_u32(before.minor_faults, sample->minor_faults);
    sum->major_faults = add_u16(before.major_faults, sample->major_faults);
    sum->cgroup_limit_events =
        add_u16(before.cgroup_limit_events, sample->cgroup_limit_events);
    sum->cgroup_oom_events =
        add_u8(before.cgroup_oom_events, sample->cgroup_oom_events);
    sum->cgroup_oom_kill_events =
        add_u8(before.cgroup_oom_kill_events, sample->cgroup_oom_kill_events);
    sum->flags = before.flags | sample->flags;
}

/* A coarser ring of the box. */
struct coarse {
    uint64_t length_ms; /* of one interval */
    struct box_sample *ring;
    uint32_t count;
};

static void add_interval(struct sample_interval *interval,
                         const struct coarse *coarse, uint64_t elapsed_ms,
                         const struct box_sample *sample)
{
    if (interval->end_ms != 0 && elapsed_ms >= interval->end_ms) {
        box_ring_append(coarse->ring, coarse->count, ++interval->sequence,
                        &interval->largest);
        interval->end_ms = 0;
    }
    if (interval->end_ms == 0) {
        interval->end_ms =
            (elapsed_ms / coarse->length_ms + 1) * coarse->length_ms;
        interval->largest = *sample;
    } else {
        merge(&interval->largest, sample);
    }
}

void sample_rings_add(struct sample_rings *rings, struct box *box,
                      uint64_t elapsed_ms, struct box_sample *sample)
{
    const struct coarse tens = {SAMPLE_TENS_MS, box->tens, BOX_TENS_COUNT};
    const struct coarse minutes = {SAMPLE_MINUTES_MS, box->minutes,
                                   BOX_MINUTES_COUNT};

    if (rings->sequence < FIRST_SEQUENCE - 1)
        rings->sequence = FIRST_SEQUENCE - 1;
    sample->time_ms = (uint32_t)elapsed_ms;
    box_ring_append(box->seconds, BOX_SECONDS_COUNT, ++rings->sequence, sample);
    add_interval(&rings->tens, &tens, elapsed_ms, sample);
    add_interval(&rings->minutes, &minutes, elapsed_ms, sample);
}
