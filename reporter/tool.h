/*
 * Our own programs as children: the dumper, the uploader in the background.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_TOOL_H
#define INQUEST_REPORTER_TOOL_H

#include <stddef.h>

#include "proto/base/compiler.h"

/*
 * Runs argv[0] (a path) to its end and copies at most capacity - 1 bytes of
 * its standard output, ended with NUL. Its exit status, or -errno; a death by
 * a signal is -EPROTO.
 */
MUST_CHECK int tool_output(char *const argv[], char *buffer, size_t capacity);

/*
 * Starts argv[0] detached: its own session, nothing but /dev/null open, not a
 * child of ours. When ret_fd is not NULL it becomes readable at the program's
 * end: its end of the pipe is held by the program alone.
 */
MUST_CHECK int tool_detach(char *const argv[], int *ret_fd);

#endif
