/*
 * Starts the dumper and waits for it.
 *
 *     host ── clone(VM) ──► middle ── clone(VM|VFORK) ──► dumper (exec)
 *      │                      └ reaps the dumper, tells the host if it died
 *      └ waits on a futex in box.control, at most CRASH_DEADLINE_MS
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
 * Runs the dumper in mode "crash" on box.control.dump_state, and waits until
 * it has dropped the report; the dumper goes on syncing after that. Waits for
 * a live report of another thread first. One caller at a time: the crash's
 * winner.
 */
struct crash_dump_result crash_dump(struct box_file *file);

/*
 * A report about a process that lives on: runs the dumper in mode, with an
 * argument or NULL, on box.control.live_state. Leaves no child and no zombie
 * behind, unless the dumper stands still beyond the deadline: the next call
 * reaps it. Opens nothing of the host to others meanwhile: its dumpable flag
 * and Yama stay as they are. FAILED with EBUSY when another thread is in here,
 * or crashes, or a dumper stands still: the caller may try again.
 * Context: guest.
 */
struct crash_dump_result
crash_dump_live(struct box_file *file, const char *mode, const char *argument);

/* In the child of a fork: what its parent has going on is not here. */
void crash_dump_forked(void);

#endif
