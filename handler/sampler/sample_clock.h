/*
 * What three clocks tell of the time between two samples: CLOCK_BOOTTIME runs
 * while the machine sleeps and CLOCK_MONOTONIC does not; CLOCK_REALTIME is set
 * by people. Pure functions. Context: any.
 */
#ifndef INQUEST_HANDLER_SAMPLE_CLOCK_H
#define INQUEST_HANDLER_SAMPLE_CLOCK_H

#include <stdint.h>

#include "proto/box.h"

#define SAMPLE_SUSPENDED_MS_MIN 100 /* the two never agree to the tick */
#define SAMPLE_STEPPED_MS_MIN   500 /* adjtime(3) moves it by less */

/* One moment on all three, in ms. */
struct sample_moment {
    int64_t boot_ms;
    int64_t monotonic_ms;
    int64_t real_ms;
};

/* How they stood at the sample before. */
struct sample_clock {
    int64_t slept_ms;  /* boot less monotonic */
    int64_t offset_ms; /* real less boot */
};

void sample_clock_begin(struct sample_clock *clock,
                        const struct sample_moment *now);

/*
 * Adds what was slept and stepped since the moment before to known, and
 * returns the flags of the sample (BOX_SAMPLE_RESUMED, BOX_SAMPLE_STEPPED).
 */
uint8_t sample_clock_next(struct sample_clock *clock,
                          const struct sample_moment *now,
                          struct box_sampler *known);

/* elapsed_ms without what was slept since the first sample. */
uint64_t sample_clock_awake_ms(uint64_t elapsed_ms,
                               const struct box_sampler *known);

#endif
