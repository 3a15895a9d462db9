/*
 * File descriptors: one owner each, closed by the cleanup attribute, handed
 * over by fd_take. Context: any.
 */
#ifndef INQUEST_PROTO_BASE_FD_H
#define INQUEST_PROTO_BASE_FD_H

#include "proto/base/compiler.h"

/* Closes *fd unless it is negative; leaves -1; keeps errno. */
void fd_close(int *fd);

/* Moves the descriptor out of *fd, which is left -1: nothing closes there. */
static inline int fd_take(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#define OWNED_FD CLEANUP(fd_close) int

/*
 * Moves the descriptor to a number of at least minimum, O_CLOEXEC, so that a
 * program that closes or reuses small numbers does not meet it. On failure
 * (-EMFILE, -EINVAL above RLIMIT_NOFILE) *fd is as before.
 */
MUST_CHECK int fd_move_above(int *fd, int minimum);

/*
 * Where ours are, out of the program's way: 200 and what follows is what shell
 * scripts open for flock(1), or look at to see whether they did. All of ours
 * fit below 256, where the kernel's table of descriptors would grow.
 */
#define FD_ABOVE 230
#define FD_TIGHT 16 /* who may have fewer (RLIMIT_NOFILE) needs each */

/*
 * The same with FD_ABOVE, for one that can be opened again when it is needed:
 * where it must stay and the program has only a few it is closed, *fd is -1.
 * One that is there already stays what it is.
 */
void fd_put_away(int *fd);

#endif
