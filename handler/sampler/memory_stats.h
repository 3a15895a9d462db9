/*
 * Reads one sample's worth of /proc and cgroup figures. What cannot be read
 * is BOX_UNKNOWN_*, and known.error says why. Sources come in tiers by cost:
 *
 *     each sample  statm stat cgroup PSI descriptors        about 16 us
 *     slow, 10 s   status vmstat limits memory.stat         about 100 us
 *     rarely       smaps_rollup: 11 us a MiB of resident memory, and the
 *                  program's mmap waits meanwhile
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
#include "handler/sampler/proc_file.h"
#include "handler/sampler/usage_stats.h"
#include "proto/box.h"

#define MEMORY_TEXT_BYTES 8192 /* /proc/vmstat has 5 KB */

/* smaps_rollup is read again no sooner than so many times its last duration. */
#define ROLLUP_SHARE      20000u
#define ROLLUP_US_PER_MIB 11u /* measured: what the first one will cost */
#define ROLLUP_US_MAX     50000u
#define ROLLUP_MS_MIN     60000u

/* {0} is a closed one. */
struct memory_stats {
    const char *root; /* "" */
    struct proc_file statm;
    struct proc_file stat;
    struct proc_file status;
    struct proc_file pressure;
    struct proc_file vmstat;
    struct cgroup_memory group;
    struct usage_stats usage;
    uint64_t minor_faults; /* totals at the sample before */
    uint64_t major_faults;
    uint64_t limit_events;
    uint64_t oom_events;
    uint64_t oom_kills;
    uint64_t pressure_us;       /* total stalled time, "some" */
    bool pressure_of_group;     /* else of the whole machine */
    uint32_t swap_pages;        /* at the slow sample */
    uint32_t machine_pages;     /* all memory there is */
    uint32_t reclaimable_pages; /* of the cgroup's use, at the slow sample */
    uint64_t rollup_next_ms;    /* elapsed time before which there is none */
    bool begun;                 /* the totals above are known */
    struct box_sampler known;   /* what is published beside the samples */
    char text[MEMORY_TEXT_BYTES];
};

/*
 * cgroup: the path in the box's identity, "" for none. All files are below
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

/*
 * Proportional and private memory into known, if the budget allows. now_ms: a
 * clock of the caller's that rises from the start of the process.
 */
void memory_stats_rollup(struct memory_stats *stats, uint32_t rss_pages,
                         uint64_t now_ms);

#endif
