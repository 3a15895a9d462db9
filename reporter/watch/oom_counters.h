/*
 * The kernel's counters of OOM kills: /proc/vmstat (proc(5)) and those of one
 * memory cgroup, version 1 or 2 (cgroups(7)). They say that somebody was
 * killed, never who. Context: tool.
 */
#ifndef INQUEST_REPORTER_OOM_COUNTERS_H
#define INQUEST_REPORTER_OOM_COUNTERS_H

#include <stdint.h>
#include <sys/types.h>

#define OOM_CGROUP_BYTES 512
#define OOM_UNKNOWN      UINT64_MAX

struct oom_counters {
    uint64_t system_kills; /* OOM_UNKNOWN where it cannot be read; likewise: */
    uint64_t cgroup_kills; /* of that very cgroup, not of those below it */
    uint64_t group_kills;  /* of the whole cgroup (memory.oom.group); v2 */
};

/* cgroup: its path in /proc/PID/cgroup; "" for none. */
void oom_counters_read(const char *cgroup, struct oom_counters *ret_counters);

/*
 * The path of a process's memory cgroup and its version; "" and 0 where there
 * is none. Only version 2 knows it of a zombie.
 */
int oom_cgroup_of(pid_t pid, char ret_path[OOM_CGROUP_BYTES]);

#endif
