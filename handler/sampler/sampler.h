/*
 * The sampler: one thread that writes a memory sample a second into the box.
 * Context: guest.
 */
#ifndef INQUEST_HANDLER_SAMPLER_H
#define INQUEST_HANDLER_SAMPLER_H

#include <stdbool.h>

/*
 * Starts the thread; it makes the box at its first tick where there is none.
 * All signals are blocked in it. Does nothing when switched off or running, or
 * while it waits for sampler_wanted.
 */
void sampler_start(void);

/*
 * The same in a fork child, which most often execs or ends before the first
 * tick: until then the thread stays on the processor that this one runs on, and
 * the child's copies of pages need no interrupt on another.
 */
void sampler_start_forked(void);

/*
 * The program is about to start a thread: one that had to be alone until then
 * (config.sampler_waits) gets its sampler now.
 */
void sampler_wanted(void);

/*
 * Ends the thread and joins it, for calls that a process with a second thread
 * may not make. True: it ran, and sampler_start starts it again. False in a
 * vfork child, whose parent's it is.
 */
bool sampler_stop(void);

/*
 * Behind sampler_stop, with what it said. Inside a sandbox of the program's own
 * there is no sampler any more: its filter may kill at clone. Keeps errno.
 */
void sampler_resume(bool stopped);

/* Whether there was none yet, or libc does not know of it: then it locks in
 * fork and malloc where the program has threads of its own, and without us
 * would, too. */
bool sampler_is_unknown(void);

/*
 * The program makes a thread. From its first on libc changes the identity of
 * ours with the others', and aborts where one is refused what another is
 * granted: so ours is made anew where it is not who the program is. Not inside
 * a sandbox, whose filter may kill for the question.
 */
void sampler_has_company(void);

/* Before a change of identity that it shall follow: libc, which sees to that,
 * was told to take the process for one with a single thread. */
void sampler_is_known(void);

/*
 * Closes the directories that it keeps, which are a way out of a chroot. Not
 * while the thread runs: it would open them again.
 */
void sampler_close_directories(void);

/* Whether the thread was made and has not run yet, as far as is known here: a
 * child of a bare clone sees it as it was then. */
bool sampler_has_not_run(void);

/* In a fork child: the parent's thread is not here. */
void sampler_forget(void);

#endif
