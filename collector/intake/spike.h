/*
 * When a group's count stands out: today at least SPIKE_MIN and SPIKE_FACTOR
 * times the mean of the SPIKE_DAYS days before. Pure. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_SPIKE_H
#define INQUEST_COLLECTOR_SPIKE_H

#include <stdbool.h>
#include <stdint.h>

#define SPIKE_DAYS   7
#define SPIKE_MIN    10
#define SPIKE_FACTOR 4

static inline bool spike_is(int64_t today, const int64_t before[SPIKE_DAYS])
{
    int64_t sum = 0;

    for (int i = 0; i < SPIKE_DAYS; i++)
        sum += before[i];
    return today >= SPIKE_MIN && today * SPIKE_DAYS >= sum * SPIKE_FACTOR;
}

#endif
