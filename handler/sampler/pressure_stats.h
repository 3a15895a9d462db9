/*
 * Pressure stall information: how long tasks waited for memory, of the cgroup
 * (version 2), else of the machine (accounting/psi in the kernel's
 * documentation). Context: guest.
 */
#ifndef INQUEST_HANDLER_PRESSURE_STATS_H
#define INQUEST_HANDLER_PRESSURE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "handler/sampler/cgroup_memory.h"
#include "handler/sampler/proc_file.h"
#include "proto/box.h"

/* {0} is a closed one. */
struct pressure_stats {
    struct proc_file file;
    bool of_group;       /* else of the whole machine */
    uint64_t stalled_us; /* total of "some"; BOX_UNKNOWN_U64: not known */
};

/* Everything is below root, "" for the machine's own. */
void pressure_stats_open(struct pressure_stats *pressure, const char *root,
                         const struct cgroup_memory *group);
void pressure_stats_close(struct pressure_stats *pressure);

void pressure_stats_read(struct pressure_stats *pressure,
                         char text[PROC_FILE_TEXT_BYTES],
                         struct box_sample *sample);

#endif
