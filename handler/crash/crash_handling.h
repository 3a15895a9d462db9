/*
 * The signals that the program's own handlers are dealing with, by thread:
 * where such a handler ends the process, the report tells of the outermost
 * signal and not of the exit; and what the handlers block is to be kept back.
 * Nothing is cleared when a handler returns (nothing of ours runs then):
 * whether it still runs is seen from the stack. Context: crash.
 */
#ifndef INQUEST_HANDLER_CRASH_HANDLING_H
#define INQUEST_HANDLER_CRASH_HANDLING_H

#include <stdbool.h>
#include <stdint.h>

#include "handler/crash/crash_record.h"

#define CRASH_HANDLERS_MAX 8

/*
 * event is about to be handed to the program's handler, which finds info and
 * context (both on its stack) below stack_pointer. blocked: what the kernel
 * would keep back until that returns, bit signal - 1. Handlers nested deeper
 * than CRASH_HANDLERS_MAX are not remembered.
 */
void crash_handling_begin(const struct crash_event *event,
                          uintptr_t stack_pointer, uint64_t blocked);

/*
 * Whether code that runs at stack_pointer runs inside such a handler: it lies
 * there or deeper, and what the kernel left for the handler is unchanged. Fills
 * *ret_event with the outermost, which points to the handler's stack. Not in a
 * child that the handler forks: it is its parent that crashed.
 */
bool crash_handling_now(uintptr_t stack_pointer, struct crash_event *ret_event);

/* Whether a handler that runs at stack_pointer keeps signal_number back. */
bool crash_handling_blocks(uintptr_t stack_pointer, int signal_number);

/*
 * event, which the program raises in its handler, is put back until that has
 * returned, perhaps to kill then. crash_handling_first: what the handler was
 * for, where this is that event; NULL: it is not.
 */
void crash_handling_put_back(const struct crash_event *event,
                             uintptr_t stack_pointer);
siginfo_t *crash_handling_first(const struct crash_event *event);

/* What was handed to such a handler with this siginfo, on a stack; NULL:
 * nothing, or it is no longer what it was. */
const struct crash_event *crash_handling_of(const siginfo_t *info);

/* The program has unblocked these, bit signal - 1: inside a handler this is
 * how a runtime asks for the same signal again while it reports a crash. */
void crash_handling_unblocked(uint64_t signals);

#endif
