/*
 * Files in a directory of ours that may be another's. Context: tool.
 */
#ifndef INQUEST_PROTO_STATE_OPEN_H
#define INQUEST_PROTO_STATE_OPEN_H

#include "proto/base/compiler.h"

/*
 * Opens name in dir_fd by flags, to which O_NOFOLLOW, O_NONBLOCK and O_CLOEXEC
 * are added; what O_CREAT makes is 0600. Root does so with the rights of the
 * directory's owner, to whom belongs what is made: no other name of a file of
 * root's, put there by that owner, opens what he may not open himself.
 *
 * The descriptor of a regular file; or -EPERM when it is something else, or
 * what the kernel says.
 */
MUST_CHECK int state_open(int dir_fd, const char *name, int flags);

#endif
