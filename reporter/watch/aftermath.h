/*
 * After the death of a watched program: its report, or its box, and the
 * upload in the background. Context: tool.
 */
#ifndef INQUEST_REPORTER_AFTERMATH_H
#define INQUEST_REPORTER_AFTERMATH_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/report_codec.h"
#include "reporter/home.h"
#include "reporter/watch/child.h"
#include "reporter/watch/oom_counters.h"

#define AFTERMATH_CAUSE_BYTES 256

struct aftermath {
    int kernel_log_fd;             /* opened before the program starts */
    char cgroup[OOM_CGROUP_BYTES]; /* ours, and at first the program's */
    struct oom_counters before;    /* in it, before the start */
    const char *executable, *app, *app_version; /* NULL: not known */
    uint64_t start_ms;      /* reports before it are not ours; wall clock */
    uint64_t start_boot_ms; /* the same moment by CLOCK_BOOTTIME */
    char report_id[REPORT_ID_BYTES];
    char cause[AFTERMATH_CAUSE_BYTES];
};

/* Before the start of the program. */
void aftermath_prepare(struct aftermath *aftermath);

/* Whether an end is a crash or a kill, which make reports. */
bool aftermath_deserves_report(const struct child_end *end);

/*
 * While the child is a zombie: finds the report that its dumper made, or makes
 * one of the box it left. True when there is one; id and cause are then set.
 * A clean end only takes a leftover box away.
 */
bool aftermath_of(struct aftermath *aftermath, struct home *home,
                  const struct child *child, const struct child_end *end);

/*
 * After child_reap: takes away the box that the dumper of a crash left for
 * aftermath_of to see, once its report is safe. The dumper does it when it is
 * later than we.
 */
void aftermath_end(const struct home *home, const struct child *child);

/*
 * Starts `inquest upload` as a process of its own, if an endpoint is
 * configured. wait_seconds: NULL, or how long to wait for it at most.
 */
void aftermath_upload(const struct home *home, const char *wait_seconds);

#endif
