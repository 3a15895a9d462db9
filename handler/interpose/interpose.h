/*
 * The interposed functions are exported under their libc names; this header
 * holds what the constructor must do for them. Context: guest.
 */
#ifndef INQUEST_HANDLER_INTERPOSE_H
#define INQUEST_HANDLER_INTERPOSE_H

#include <stdbool.h>

/* Before the first thread: the key by which the end of each is seen. */
void interpose_thread_prepare(void);

/* Finds libc's syscall, which makes the calls that come to ours. */
void interpose_sandbox_prepare(void);

/* Whether the program is built with a sanitizer. */
bool interpose_sanitized(void);

/* What the kernel said, as libc says it: -1 and errno. */
long interpose_result(long r);

/* Makes a system call of three arguments while the sampler is gone; as libc's
 * syscall otherwise. */
long interpose_alone(long number, long a, long b, long c);
long interpose_close_range(long number, long first, long last, long flags);

/* The calling thread is about to end by the bare call: as main's thread perhaps
 * the last one but ours, which is gone then. */
void interpose_thread_exits(void);

/* In a fork child, whose one thread is the last. */
void interpose_thread_forked(void);

#endif
