/*
 * Reads one sample's worth of /proc and cgroup figures. What cannot be read
 * is BOX_UNKNOWN_*. No allocation. Context: guest.
 */
#ifndef INQUEST_HANDLER_MEMORY_STATS_H
#define INQUEST_HANDLER_MEMORY_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/box.h"

/* The files a process keeps open for its samples; -1: not there. */
struct memory_stats {
    int statm_fd;
    int stat_fd;
    int status_fd;
    int cgroup_current_fd;
    int cgroup_limit_fd;
    int pressure_fd;
    uint64_t minor_faults; /* totals at the sample before */
    uint64_t major_faults;
};

/* cgroup: the path in the box's identity, "" for none. */
void memory_stats_open(struct memory_stats *stats, const char *cgroup);
void memory_stats_close(struct memory_stats *stats);

/*
 * Fills every figure of sample but time and seal. slow also reads what costs
 * more: swap and the anonymous part (/proc/self/status).
 */
void memory_stats_read(struct memory_stats *stats, bool slow,
                       struct box_sample *sample);

#endif
