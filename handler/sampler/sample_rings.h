/*
 * Fills the three rings of a box from one stream of samples: every sample goes
 * into seconds; the largest of each 10 s into tens, of each 2 min into
 * minutes, with the counts of the whole interval. Context: any.
 */
#ifndef INQUEST_HANDLER_SAMPLE_RINGS_H
#define INQUEST_HANDLER_SAMPLE_RINGS_H

#include <stdint.h>

#include "proto/box.h"

#define SAMPLE_TENS_MS    10000u
#define SAMPLE_MINUTES_MS 120000u

/* One coarser ring's interval that is not over. */
struct sample_interval {
    struct box_sample largest; /* counts summed up */
    uint64_t end_ms;           /* 0: none has begun */
    uint32_t sequence;         /* of the last record written */
};

/* {0} is the start; a box's first sample (box_file.c) has sequence 1. */
struct sample_rings {
    uint32_t sequence;
    struct sample_interval tens;
    struct sample_interval minutes;
};

/* elapsed_ms: since the box's ring epoch; it never falls. */
void sample_rings_add(struct sample_rings *rings, struct box *box,
                      uint64_t elapsed_ms, struct box_sample *sample);

#endif
