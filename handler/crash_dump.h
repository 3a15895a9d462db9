/*
 * Starts the dumper and waits for it.
 *
 *     host ── clone(VM) ──► middle ── clone(VM|VFORK) ──► dumper (exec)
 *      │                      └ reaps the dumper, tells the host if it died
 *      └ waits on box.control.dump_state, at most CRASH_DEADLINE_MS
 *
 * Both children have exit signal 0: the host gets no SIGCHLD, and its
 * waitpid(-1) never returns one of ours. Context: crash.
 */
#ifndef INQUEST_HANDLER_CRASH_DUMP_H
#define INQUEST_HANDLER_CRASH_DUMP_H

#include "handler/box_file.h"
#include "proto/base/compiler.h"

#define CRASH_DEADLINE_MS 2000

struct crash_dump_result {
    enum box_dump_state state;   /* QUEUED, SPILLED or FAILED */
    enum box_tier_reason reason; /* why, when FAILED */
    int error;                   /* errno or wait status behind it */
};

/*
 * Runs the dumper with one or two words of arguments (argument may be NULL)
 * and waits until it has dropped the report. The dumper goes on syncing after
 * that. One caller at a time: crash_handler and api hold the crash lock.
 */
struct crash_dump_result crash_dump(struct box_file *file, const char *mode,
                                    const char *argument);

/* Reaps the middle process of a call above, in a host that lives on. */
void crash_dump_reap(void);

#endif
