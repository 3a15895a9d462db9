/*
 * Who ended a process that left no word, and how good the evidence is. A pure
 * function of what was seen. A false "killed for want of memory" is worse than
 * none: a counter alone proves nothing, for in every cgroup there are
 * bystanders, so it never makes more than grade C. Context: tool.
 *
 *     A  the kernel's own word about this very process
 *     B  the signal was seen, and everything else fits
 *     C  less
 *     -  a mere lack of marks is no evidence: no report
 */
#ifndef INQUEST_HANDLER_DUMPER_TERMINATION_H
#define INQUEST_HANDLER_DUMPER_TERMINATION_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/report_codec.h"

#define TERMINATION_EVIDENCE_MAX   12
#define TERMINATION_EVIDENCE_BYTES 320
#define TERMINATION_NEAR_MS        250 /* a kill and a death belong together */
#define TERMINATION_UNKNOWN        UINT64_MAX

/* What became of the supervisor, inquest run. */
enum termination_supervisor {
    SUPERVISOR_NONE,  /* there was never one, or it ended in peace */
    SUPERVISOR_SAW,   /* waitid told it the end: signal_number is set */
    SUPERVISOR_ALIVE, /* it lives, but this process was not its child */
    SUPERVISOR_DIED,  /* it is gone without having told of this process */
};

struct termination_facts {
    enum termination_supervisor supervisor;
    int signal_number;
    bool restarted;         /* the machine was started since */
    bool no_box;            /* nothing of ours was in it */
    bool crashing;          /* in our handler, which left no whole record */
    const char *kernel_log; /* its line on this process; NULL: none */
    bool kernel_log_read;   /* it could be read: its silence counts */
    uint64_t cgroup_kills;  /* OOM kills in its cgroup since it started */
    uint64_t system_kills;  /* on the machine */
    uint64_t recent_kills;  /* in its cgroup since its last sample */
    uint64_t group_kills;   /* of whole cgroups (memory.oom.group) */
    uint64_t silent_ms;     /* from its last sample to its death */
    uint32_t period_ms;     /* between its samples, 0: not known */
    bool sampler_ended;     /* before, and what came then was not seen */
    uint64_t rss_bytes;     /* at its last sample; below likewise */
    uint64_t swap_bytes;    /* it has of it besides */
    uint64_t peak_rss_bytes;
    uint64_t used_bytes;  /* of the cgroup that limits */
    uint64_t limit_bytes; /* its limit */
    uint32_t pressure_full_permille;
    bool moved;        /* it was in other cgroups before */
    bool traced;       /* a debugger was attached */
    const char *where; /* the cgroup that limits, "" for unknown */
};

struct termination_verdict {
    bool report; /* false: no evidence at all */
    Inquest__V1__TerminationCause cause;
    Inquest__V1__Grade grade;
    uint32_t evidence_count;
    char evidence[TERMINATION_EVIDENCE_MAX][TERMINATION_EVIDENCE_BYTES];
};

void termination_judge(const struct termination_facts *facts,
                       struct termination_verdict *ret_verdict);

#endif
