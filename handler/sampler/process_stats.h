/*
 * What the kernel says of the process itself: statm, getrusage(2) and the
 * status of two directories for each sample, whose texts would take ten times
 * as long; stat and status for the slow ones (proc(5)). Context: guest.
 */
#ifndef INQUEST_HANDLER_PROCESS_STATS_H
#define INQUEST_HANDLER_PROCESS_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "handler/sampler/proc_file.h"
#include "handler/sampler/usage_stats.h"
#include "proto/box.h"

/* {0} is a closed one. */
struct process_stats {
    struct proc_file statm;
    struct proc_file stat;
    struct proc_file status;
    struct proc_file tasks;       /* directories, which are a way out of a */
    struct proc_file descriptors; /* chroot: process_stats_close_directories */
    bool tasks_count; /* the links of tasks are known to count the threads */
    uint64_t minor_faults; /* totals at the sample before */
    uint64_t major_faults;
    uint32_t swap_pages; /* at the slow sample */
    bool kept_root;      /* kept_root.h, at the slow sample */
};

/* Everything is below root, "" for the machine's own. */
void process_stats_open(struct process_stats *process, const char *root);
void process_stats_close(struct process_stats *process);

/* Opens again what the program closed. */
void process_stats_check(struct process_stats *process, const char *root);

/* Until the next check. */
void process_stats_close_directories(struct process_stats *process);

/* Resident and anonymous memory. */
void process_stats_statm(const struct process_stats *process,
                         char text[PROC_FILE_TEXT_BYTES],
                         struct box_sample *sample);

/* Faults; CPU use where that was granted. */
void process_stats_used(struct process_stats *process,
                        struct usage_stats *usage, const struct rusage *used,
                        struct box_sample *sample);

/* Threads and descriptors. */
void process_stats_count(struct process_stats *process,
                         struct box_sample *sample);

/* The name, and threads by their true number. */
void process_stats_stat(struct process_stats *process,
                        char text[PROC_FILE_TEXT_BYTES],
                        struct box_sampler *known, struct box_sample *sample);

/* Swap, categories, whether it is traced, and whom it has become. */
void process_stats_status(struct process_stats *process,
                          char text[PROC_FILE_TEXT_BYTES],
                          struct box_sampler *known, struct box_sample *sample);

#endif
