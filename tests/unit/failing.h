/*
 * Calls that fail: the Nth of those that a program makes of libc's functions
 * and of ours that ask the kernel (io.h, sodium_init). Linked in by --wrap, so
 * it reaches calls of our own objects alone, and a whole sweep of an operation
 * takes milliseconds; what only the kernel's side shows is tests/fault's.
 * Context: tool.
 */
#ifndef INQUEST_TESTS_UNIT_FAILING_H
#define INQUEST_TESTS_UNIT_FAILING_H

/* Of the calls from now on so many fail, the nth (from 1) as the first. */
void failing_begin(unsigned nth, unsigned count);

/* None fails, but at the nth, meanwhile is called with its context first. */
void failing_meanwhile(unsigned nth, void (*meanwhile)(void *context),
                       void *context);

/* No call fails any more. How many did, or had something meanwhile. */
unsigned failing_end(void);

/* The name of the function whose call failed first, or "none". */
const char *failing_name(void);

/* How far clock_unix_ms is ahead; no two of its answers are the same. */
extern long long failing_clock_ms;

#endif
