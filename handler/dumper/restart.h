/*
 * System calls that end with EINTR merely because the thread was stopped and
 * went on (signal(7), "Interruption of system calls and library functions by
 * stop signals"): they begin again, so that a program which does not expect
 * it never learns that it was looked at. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_RESTART_H
#define INQUEST_HANDLER_DUMPER_RESTART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/user.h>

/*
 * Whether the thread, which PTRACE_INTERRUPT stopped, is on its way out of a
 * call that was cut short by that and by nothing else, and took nothing.
 */
bool restart_wanted(const struct user_regs_struct *registers);

/*
 * Lets the kernel begin the call again, with its whole timeout; if a handler
 * runs before, the call still ends with EINTR, as it would have.
 */
void restart_arrange(int tid);

#endif
