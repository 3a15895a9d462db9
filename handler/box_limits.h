/*
 * The program's soft limits of file size and descriptors are its own, and a
 * box may lie beyond them. One that does not let it be made is raised to its
 * hard limit for that moment, and is then as before; others stay, for a child
 * that another thread forks in between would keep the raised one. No limit is
 * passed that the administrator set. Context: any.
 */
#ifndef INQUEST_HANDLER_BOX_LIMITS_H
#define INQUEST_HANDLER_BOX_LIMITS_H

#include <sys/resource.h>

#define BOX_LIMITS 2

struct box_limits {
    struct rlimit before[BOX_LIMITS];
    struct rlimit raised[BOX_LIMITS]; /* as before: there was nothing to do */
};

/* Raises what is too low for a box. */
void box_limits_raise(struct box_limits *ret_limits);

/* Puts back what nobody else has changed meanwhile. */
void box_limits_restore(const struct box_limits *limits);

#endif
