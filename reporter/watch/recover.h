/*
 * Boxes of processes that died without a word, made into reports by the
 * dumper. Context: tool.
 */
#ifndef INQUEST_REPORTER_RECOVER_H
#define INQUEST_REPORTER_RECOVER_H

#include "proto/base/compiler.h"
#include "reporter/home.h"
#include "reporter/watch/oom_counters.h"

#define RECOVER_BOXES_MAX 4096

/* What is known of one death; {0} but for supervisor and counters. */
struct recover_facts {
    const char *supervisor;     /* "saw", "alive", "died" or "none" */
    int signal_number;          /* seen by waitid, 0: not seen */
    bool restarted;             /* the machine was started since */
    const char *kernel_log;     /* the kernel's own word, NULL: none */
    bool kernel_log_read;       /* so that its silence counts */
    struct oom_counters before; /* before the program started */
    struct oom_counters now;
    uint64_t peak_rss_bytes; /* OOM_UNKNOWN: not known */
    /* Of a process that may have died before it had a box; pid 0: then there is
     * no report. */
    pid_t pid;
    uint64_t start_ticks;
    const char *executable, *app, *app_version; /* NULL: not known */
};

/* Runs the dumper on one box. Fails with what kept it from running, or -EIO. */
MUST_CHECK int recover_box(const struct home *home, const char *box_path,
                           const struct recover_facts *facts);

/*
 * All boxes whose process is gone and which no supervisor looks after. Writes
 * how many were dealt with.
 */
MUST_CHECK int recover_all(const struct home *home, size_t *ret_count);

/*
 * At the end of this process, a supervisor: boxes of dead descendants, which
 * make a report only where the kernel's log tells of them, are put away; those
 * of living ones are let go, so that our end is not taken for a sign.
 */
void recover_descendants(const struct home *home);

/*
 * Meanwhile: those of supervisor's dead descendants but child, whose end is
 * told by more than its box. Who gave up root cannot take its own away, and a
 * death for want of memory is not to wait for the end of a service.
 */
void recover_dead_descendants(const struct home *home, pid_t supervisor,
                              pid_t child);

#endif
