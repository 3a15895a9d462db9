/*
 * CPython since 3.12 warns in the parent of a fork when the kernel counts more
 * than one thread (warn_about_fork_with_threads of its Modules/posixmodule.c
 * reads /proc/self/stat): ours would change what a program says. So there the
 * sampler is gone while it forks, and comes back when the interpreter goes on:
 * by Py_AddPendingCall, "This function doesn't need a current thread state to
 * run" (docs.python.org/3/c-api/init.html). Context: guest.
 */
#ifndef INQUEST_HANDLER_INTERPOSE_PYTHON_H
#define INQUEST_HANDLER_INTERPOSE_PYTHON_H

#include <stdbool.h>

/* Before a fork. True: the sampler was ended for it. */
bool interpose_python_forks(void);

/* In the parent, with what it said. Keeps errno. */
void interpose_python_forked(bool stopped);

#endif
