/*
 * abort() as libc calls it itself, for an assertion, a damaged heap or a
 * smashed stack: ours (interpose_process.c) is not in between, and what it does
 * after its first SIGABRT, it does by inner calls that nobody sees. Context:
 * crash.
 */
#ifndef INQUEST_HANDLER_LIBC_ABORT_H
#define INQUEST_HANDLER_LIBC_ABORT_H

#include <stdbool.h>

#include "handler/crash/crash_record.h"
#include "handler/crash/signal_frame.h"

/*
 * Whether libc's abort raised this, so that the process ends unless a handler
 * leaves by longjmp. Seen on the stack, where raise returns to, a little behind
 * what was interrupted.
 */
bool libc_abort_raised(const struct crash_event *event);

/*
 * Makes the program's handler, about to run on frame, return by way of us where
 * libc's abort raised the signal: see crash_handler_returned. Not where returns
 * are checked against a shadow stack, which holds libc's restorer.
 */
void libc_abort_await_return(const struct crash_event *event,
                             struct signal_frame *frame);

/*
 * What stands in that frame in the place of libc's restorer: calls
 * crash_handler_returned, then rt_sigreturn. To unwinders it is the trampoline
 * of a signal.
 */
extern const uint8_t libc_abort_restorer[];

#endif
