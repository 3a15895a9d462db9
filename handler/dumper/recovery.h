/*
 * What the command line of `inquest-dumper recover` says: a box, and what
 * others know of its process's death. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_RECOVERY_H
#define INQUEST_HANDLER_DUMPER_RECOVERY_H

#include "handler/dumper/report_build.h"

struct recovery {
    const char *box_path;
    const char *state_dir;
    struct termination_hearsay hearsay;
    /* For a process that died before it had a box; pid 0: there is no report
     * then. */
    uint64_t pid;
    uint64_t start_ticks;
    const char *executable;
    const char *app;
    const char *app_version;
};

/* Fails with -EINVAL: an unknown option, or no box or state directory. */
MUST_CHECK int recovery_parse(int argc, char **argv,
                              struct recovery *ret_recovery);

/* How it is called, for an error on the terminal. */
extern const char recovery_usage[];

/*
 * The box that the process would have had: who it was, and one sample, its
 * largest resident set. NULL when there is nothing to tell.
 */
struct box *recovery_absent_box(const struct recovery *recovery, int state_fd);

#endif
