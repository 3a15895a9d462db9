/*
 * The memory cgroup of the process, of version 1 or 2 (cgroups(7), cgroup-v2
 * and memcg-v1 in the kernel's documentation). A limit may be set on any
 * ancestor: use and limit are those of the cgroup whose limit is smallest, for
 * there the kernel will look for a victim; kills are counted where the process
 * itself is. Context: guest.
 */
#ifndef INQUEST_HANDLER_CGROUP_MEMORY_H
#define INQUEST_HANDLER_CGROUP_MEMORY_H

#include "handler/sampler/proc_file.h"
#include "proto/cgroup_place.h"

#define CGROUP_DEPTH_MAX 16 /* ancestors looked at */

/* Figures of one moment; UINT64_MAX: not known. */
struct cgroup_figures {
    uint64_t current_bytes;
    uint64_t limit_bytes;
    uint64_t limit_events; /* v2 high + max, v1 failcnt: since the start */
    uint64_t oom_events;   /* v2 only */
    uint64_t oom_kills;
};

/* {0} holds nothing. */
struct cgroup_memory {
    struct proc_file current;
    struct proc_file events; /* v2 memory.events, v1 memory.failcnt */
    struct proc_file kills;  /* v2 memory.events.local, v1 oom_control */
    struct proc_file stat;
    int version;                           /* 0: none was found */
    uint64_t limit_bytes;                  /* UINT64_MAX: none */
    char own[CGROUP_DIRECTORY_BYTES];      /* directory of the process */
    char limiting[CGROUP_DIRECTORY_BYTES]; /* directory of the smallest limit */
    size_t mount_bytes; /* of both: where the hierarchy begins */
};

/*
 * cgroup: the path from /proc/self/cgroup. Everything is below root ("" for
 * the machine's own). Where no mount shows that cgroup nothing is read: another
 * one's figures would be wrong (cgroup_place.h, where scratch is told).
 */
void cgroup_memory_open(struct cgroup_memory *group, const char *root,
                        const char *cgroup, char scratch[CGROUP_LINE_BYTES]);
void cgroup_memory_close(struct cgroup_memory *group);

/* Looks for the smallest limit again; limits change. */
void cgroup_memory_refresh(struct cgroup_memory *group);

/* Without the files that are not there: those figures are UINT64_MAX. */
void cgroup_memory_read(struct cgroup_memory *group,
                        struct cgroup_figures *figures);

/* File cache, which the kernel can take back, in bytes; 0: not known. */
uint64_t cgroup_memory_reclaimable(struct cgroup_memory *group, char *text,
                                   size_t capacity);

#endif
