/*
 * Sweeps while a child is waited for, each in a process of its own: whatever a
 * disk or a dumper takes, the program's signals and its end wait for neither.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_SWEEPER_H
#define INQUEST_REPORTER_SWEEPER_H

#include <sys/types.h>

#include "reporter/home.h"

struct sweeper {
    struct home *home;
    int ended_fd; /* at its end when the last sweep is; -1: there was none */
};

/*
 * recover_dead_descendants of child, unless the last one is still at it.
 * context: a struct sweeper, as child_meanwhile has it. The process ends by
 * itself, and is reaped by child_wait or child_reap.
 */
void sweeper_start(pid_t child, void *context);

/* Until the last one has ended: what it has begun nobody else does. */
void sweeper_wait(struct sweeper *sweeper);

#endif
