/*
 * The program's soft limits of file size and descriptors are its own, and a
 * box may lie beyond them. Each may be raised to its hard limit for the moment
 * in which the box is made, and is then as before; no limit is passed that the
 * administrator set. Context: any.
 */
#ifndef INQUEST_HANDLER_BOX_LIMITS_H
#define INQUEST_HANDLER_BOX_LIMITS_H

#include <sys/resource.h>

#define BOX_LIMITS 2

struct box_limits {
    struct rlimit before[BOX_LIMITS];
    struct rlimit raised[BOX_LIMITS]; /* as before: there was nothing to do */
};

/* Raises what is below its hard limit. */
void box_limits_raise(struct box_limits *ret_limits);

/* Puts back what nobody else has changed meanwhile. */
void box_limits_restore(const struct box_limits *limits);

#endif
