/*
 * The crash path: what runs between the signal and the death.
 *
 *     signal -> program's own handler, if it has one -> returns: no crash
 *            -> one thread wins, others wait
 *            -> crash record -> dumper -> die as without us
 *
 * Context: crash.
 */
#ifndef INQUEST_HANDLER_CRASH_HANDLER_H
#define INQUEST_HANDLER_CRASH_HANDLER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "handler/box_file.h"

/* SEGV BUS FPE ILL TRAP ABRT SYS, ended by 0. */
extern const int crash_signals[];

/* Whether signal_number is one of crash_signals. */
bool crash_signal_is_ours(int signal_number);

/* The SA_SIGINFO handler for all of them. */
void crash_handler(int signal_number, siginfo_t *info, void *context);

/*
 * The process is about to end by its own will, at stack_pointer. Makes a report
 * where that is inside the program's handler of a crash signal, and returns
 * whether it was.
 */
bool crash_handler_exiting(uintptr_t stack_pointer);

/*
 * abort() is about to end the process although its SIGABRT is ignored or was
 * handled: makes the report, with context as that of the caller.
 */
void crash_handler_aborting(ucontext_t *context);

/*
 * The program's handler of an abort has returned, and the frame that the kernel
 * left for it, from its context on, is all that is still on the stack: makes
 * the report, unless the handler asked the kernel to go on elsewhere. Called by
 * libc_abort_restorer alone.
 */
void crash_handler_returned(ucontext_t *context);

#endif
