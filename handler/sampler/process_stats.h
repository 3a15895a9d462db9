/*
 * What /proc says of the process itself: statm and stat for each sample,
 * status for the slow ones (proc(5)). Context: guest.
 */
#ifndef INQUEST_HANDLER_PROCESS_STATS_H
#define INQUEST_HANDLER_PROCESS_STATS_H

#include <stdint.h>

#include "handler/sampler/proc_file.h"
#include "handler/sampler/usage_stats.h"
#include "proto/box.h"

/* {0} is a closed one. */
struct process_stats {
    struct proc_file statm;
    struct proc_file stat;
    struct proc_file status;
    uint64_t minor_faults; /* totals at the sample before */
    uint64_t major_faults;
    uint32_t swap_pages; /* at the slow sample */
};

/* Everything is below root, "" for the machine's own. */
void process_stats_open(struct process_stats *process, const char *root);
void process_stats_close(struct process_stats *process);

/* Opens again what the program closed. */
void process_stats_check(struct process_stats *process, const char *root);

/* Resident and anonymous memory. */
void process_stats_statm(const struct process_stats *process,
                         char text[PROC_FILE_TEXT_BYTES],
                         struct box_sample *sample);

/* Faults, threads and the name; CPU use where that was granted. */
void process_stats_stat(struct process_stats *process,
                        struct usage_stats *usage,
                        char text[PROC_FILE_TEXT_BYTES],
                        struct box_sampler *known, struct box_sample *sample);

/* Swap, categories, whether it is traced. */
void process_stats_status(struct process_stats *process,
                          char text[PROC_FILE_TEXT_BYTES],
                          struct box_sampler *known, struct box_sample *sample);

#endif
