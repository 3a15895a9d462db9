/*
 * The signal that the program's own handler is dealing with, by thread: where
 * that handler ends the process, the report tells of this signal and not of
 * the exit. Nothing is cleared when the handler returns (nothing of ours runs
 * then): whether it still runs is seen from the stack. Context: crash.
 */
#ifndef INQUEST_HANDLER_CRASH_HANDLING_H
#define INQUEST_HANDLER_CRASH_HANDLING_H

#include <stdbool.h>
#include <stdint.h>

#include "handler/crash/crash_record.h"

/*
 * event is about to be handed to the program's handler, which finds info and
 * context (both on its stack) below stack_pointer. again: another signal of
 * the same number calls the handler once more (SA_NODEFER). An outer signal
 * that is still being handled stays the one to tell of.
 */
void crash_handling_begin(const struct crash_event *event,
                          uintptr_t stack_pointer, bool again);

/*
 * Whether code that runs at stack_pointer runs inside such a handler: it lies
 * deeper, and what the kernel left for the handler is unchanged. Fills
 * *ret_event, which points to the handler's stack.
 */
bool crash_handling_now(uintptr_t stack_pointer, struct crash_event *ret_event);

/* Whether the kernel would have kept signal_number back until it returns. */
bool crash_handling_defers(int signal_number);

/* The program has unblocked these, bit signal - 1: inside a handler this is
 * how a runtime asks for the same signal again while it reports a crash. */
void crash_handling_unblocked(uint64_t signals);

#endif
