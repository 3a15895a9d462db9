/*
 * A handler of SIGABRT that returns into libc's abort(): what that does next,
 * it does by inner calls that nobody sees. So the handler is made to return by
 * way of us. Context: crash.
 */
#ifndef INQUEST_HANDLER_ABORT_RETURN_H
#define INQUEST_HANDLER_ABORT_RETURN_H

#include <stdbool.h>

#include "handler/crash/crash_record.h"

/*
 * Whether libc's abort raised this, so that the process ends when the handler
 * returns: assert and a damaged heap call it from inside libc, where ours is
 * not in between. Seen on the stack, where the return address of abort's call
 * of raise lies a little behind what was interrupted. Not where returns are
 * checked against a shadow stack, which holds libc's restorer.
 */
bool abort_return_awaited(const struct crash_event *event);

/*
 * In the place of libc's restorer in a struct signal_frame: calls
 * crash_handler_returned, then rt_sigreturn. To unwinders it is the trampoline
 * of a signal.
 */
extern const uint8_t abort_return_restorer[];

#endif
