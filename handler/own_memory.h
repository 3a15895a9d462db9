/*
 * Whether memory of our own process is there: a pointer of the program's may
 * be a bad one, and is the kernel's to refuse (EFAULT), not ours to fault on.
 * Context: any.
 */
#ifndef INQUEST_HANDLER_OWN_MEMORY_H
#define INQUEST_HANDLER_OWN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A system call for each page. Not proof against a thread that unmaps it
 * meanwhile. rt_sigprocmask alone is used, which a filter that the crash path
 * gets by must allow.
 */
bool own_memory_is_readable(const void *begin, size_t size_bytes);

/* The eight bytes there; they are written, so ask when they are about to be. */
bool own_memory_is_writable(void *address);

#endif
