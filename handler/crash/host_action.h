/*
 * What the program believes of the signals that we handle: its own
 * dispositions, kept here while the kernel has ours. Reading is safe in a
 * signal handler, writing is for the interposed sigaction family.
 * Context: any.
 */
#ifndef INQUEST_HANDLER_HOST_ACTION_H
#define INQUEST_HANDLER_HOST_ACTION_H

#include <signal.h>
#include <stdbool.h>

/* What sigaction would say now. signal_number: one of crash_signals. */
void host_action_get(int signal_number, struct sigaction *ret_action);

/* Remembers action; the caller deals with the kernel, and sees to it that the
 * table is its own (guest_owns_memory). */
void host_action_set(int signal_number, const struct sigaction *action);

/* In a fork child, whose parent may have been writing. */
void host_action_forked(void);

/* Whether it is a function of the program: neither SIG_DFL nor SIG_IGN. */
bool host_action_is_function(const struct sigaction *action);

#endif
