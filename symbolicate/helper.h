/*
 * Our helper programs: a process of their own for what may crash, hang or be
 * lied to. Found beside the program, or, for a library in another's program,
 * in the bin directory that belongs to it. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_HELPER_H
#define INQUEST_SYMBOLICATE_HELPER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "proto/base/compiler.h"

/* A directory to find them in instead, for tests. */
#define HELPER_DIR_VARIABLE "INQUEST_SYMBOLICATE_HELPERS"

/* Its path; false where it is not installed. */
bool helper_find(const char *name, char ret_path[PATH_MAX]);

/*
 * A copy of the environment without LD_PRELOAD, with the variables of
 * further[count] ("NAME=value") instead of those before. One malloc: the
 * strings are borrowed. NULL without memory.
 */
char **helper_environment(char *const *further, size_t count);

/*
 * In the child between fork and exec: nothing of the parent is left open but
 * kept_fd, which becomes number; the three standard ones are /dev/null. It dies
 * with the thread that started it, and leaves no core. System calls only: the
 * parent may have threads.
 */
void helper_become(int kept_fd, int number);
/* For good: the child cannot raise it again. */
void helper_limit(__rlimit_resource_t resource, rlim_t value);

/* Waits for the end. 0, or -ERR_FORMAT when it did not end well. */
MUST_CHECK int helper_wait(pid_t pid);

#endif
