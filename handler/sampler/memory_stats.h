/*
 * Reads one sample's worth of /proc and cgroup figures. What cannot be read
 * is BOX_UNKNOWN_*, and known.error says why. Sources come in tiers by cost:
 *
 *     each sample  statm rusage cgroup PSI, what is counted
 *     slow, 10 s   stat status limits memory.stat
 *     rarely       smaps_rollup (memory_rollup.h)
 *
 * Usage figures are OPTIONAL data (usage_stats.h). No allocation.
 * Context: guest.
 */
#ifndef INQUEST_HANDLER_MEMORY_STATS_H
#define INQUEST_HANDLER_MEMORY_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "handler/sampler/alarm.h"
#include "handler/sampler/cgroup_memory.h"
#include "handler/sampler/pressure_stats.h"
#include "handler/sampler/proc_file.h"
#include "handler/sampler/process_stats.h"
#include "handler/sampler/usage_stats.h"
#include "proto/box.h"

/* {0} is a closed one. */
struct memory_stats {
    const char *root; /* "" */
    struct process_stats process;
    struct cgroup_memory group;
    struct pressure_stats pressure;
    struct usage_stats usage;
    struct proc_file cgroup; /* which one we are in */
    uint32_t cgroup_moves;   /* so often it was another one */
    uint64_t limit_events;   /* totals at the sample before */
    uint64_t oom_events;
    uint64_t oom_kills;
    uint32_t machine_pages;     /* all memory there is */
    uint32_t reclaimable_pages; /* of the cgroup's use, at the slow sample */
    uint64_t rollup_next_ms;    /* memory_rollup.h: not before */
    struct box_sampler known;   /* what is published beside the samples */
    char text[PROC_FILE_TEXT_BYTES];
};

/*
 * cgroup: the path in the box's identity, "" for where it is now; the slow
 * samples look whether it is another one by then. All files are below
 * root ("" for the machine's own). Closes what was open: a forked child has
 * its parent's.
 */
void memory_stats_open(struct memory_stats *stats, const char *root,
                       const char *cgroup);
void memory_stats_close(struct memory_stats *stats);

/* Fills every figure of sample but time and seal. slow: see above. */
void memory_stats_read(struct memory_stats *stats, bool slow,
                       struct box_sample *sample);

/* Reads reclaimable_pages again, between slow samples. */
void memory_stats_reclaimable(struct memory_stats *stats);

/* What the alarm's rules look at, all but the time. */
void memory_stats_alarm(const struct memory_stats *stats,
                        const struct box_sample *sample,
                        struct alarm_sample *alarm);

#endif
