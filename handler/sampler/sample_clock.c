/* Sleep and steps. Context: any. */
#include "handler/sampler/sample_clock.h"

void sample_clock_begin(struct sample_clock *clock,
                        const struct sample_moment *now)
{
    clock->slept_ms = now->boot_ms - now->monotonic_ms;
    clock->offset_ms = now->real_ms - now->boot_ms;
}

uint8_t sample_clock_next(struct sample_clock *clock,
                          const struct sample_moment *now,
                          struct box_sampler *known)
{
    struct sample_clock before = *clock;
    uint8_t flags = 0;

    sample_clock_begin(clock, now);
    int64_t slept_ms = clock->slept_ms - before.slept_ms;
    int64_t stepped_ms = clock->offset_ms - before.offset_ms;
    if (slept_ms > SAMPLE_SUSPENDED_MS_MIN) {
        known->suspended_ms += (uint64_t)slept_ms;
        flags |= BOX_SAMPLE_RESUMED;
    }
    if (stepped_ms > SAMPLE_STEPPED_MS_MIN ||
        stepped_ms < -SAMPLE_STEPPED_MS_MIN) {
        known->clock_steps++;
        flags |= BOX_SAMPLE_STEPPED;
    }
    return flags;
}

uint64_t sample_clock_awake_ms(uint64_t elapsed_ms,
                               const struct box_sampler *known)
{
    return elapsed_ms > known->suspended_ms ? elapsed_ms - known->suspended_ms
                                            : 0;
}
