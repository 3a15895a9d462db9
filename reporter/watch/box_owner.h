/*
 * The process that a box belongs to: does it live, and who looks after it?
 * A pid alone is no name: start time, boot and pid namespace belong to it.
 * Context: tool.
 */
#ifndef INQUEST_REPORTER_BOX_OWNER_H
#define INQUEST_REPORTER_BOX_OWNER_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/compiler.h"
#include "proto/box.h"

enum box_owner {
    BOX_OWNER_LIVES,
    BOX_OWNER_DEAD,      /* gone, or a zombie */
    BOX_OWNER_RESTARTED, /* the machine was started since */
};

enum box_supervisor { BOX_UNSUPERVISED, BOX_SUPERVISED, BOX_ORPHANED };

/*
 * Opens name in the directory and maps its box read-only; NULL when it is
 * none, or its identity is torn. box_close takes it back.
 */
const struct box *box_open(int dir_fd, const char *name, int *ret_fd);
void box_close(const struct box *box);

/* fd: of the box's file, on which its process holds a lock. */
enum box_owner box_owner_state(const struct box *box, int fd);

/* Whether some process holds a lock on the file, in whatever namespace. */
bool box_owner_locks(int fd);

/*
 * The cgroup that the box's process was seen in last, as a path that is good
 * here: "" where it is of another cgroup namespace, or not known.
 */
void box_owner_cgroup(const struct box *box, char *ret_path, size_t capacity);

/* Whether the supervisor that the box names still lives. */
enum box_supervisor box_supervisor_state(const struct box *box);

#endif
