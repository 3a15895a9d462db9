/*
 * The program's own handler first. Context: crash.
 */
#ifndef INQUEST_HANDLER_CRASH_CHAIN_H
#define INQUEST_HANDLER_CRASH_CHAIN_H

#include "handler/crash/crash_record.h"

/*
 * Continues in the program's own handler, where there is one, as if the kernel
 * had called it: on the stack, with the mask and the flags it asked for. When
 * it returns, the kernel resumes the program; when it leaves by longjmp, so
 * be it. Then this function does not return: a program that deals with its
 * signal has not crashed, and one that does not will raise it again with the
 * default disposition, or fault again.
 *
 * Returns where there is no such handler; false where there is one without a
 * stack to run on: there the kernel kills by SIGSEGV, whatever the signal was.
 */
bool crash_chain(const struct crash_event *event);

#endif
