/*
 * The two children of a dump (crash_dump.h has the picture): a middle process
 * that shares the host's memory, and its own child, which becomes the dumper.
 * The middle process puts the descriptors in place, reaps the dumper, and
 * answers in its stead when it ended without a word. Context: crash.
 */
#ifndef INQUEST_HANDLER_CRASH_LAUNCH_H
#define INQUEST_HANDLER_CRASH_LAUNCH_H

#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/box.h"

/* What the children need and tell: not on a stack, for they outlive a frame. */
struct crash_launch {
    int box_fd;
    int state_fd; /* -1: none */
    int dumper_fd;
    uint32_t *state; /* enum box_dump_state in the box: the answer; a futex */
    const char *arguments[4];    /* of the dumper, NULL at the end */
    enum box_tier_reason reason; /* why it failed; NONE: the dumper answered */
    int error;                   /* errno or wait status behind it */
};

/* One at a time: crash_dump.c sees to that. */
extern struct crash_launch crash_launch;

/* A futex, 1 while a middle process is on its stack: the kernel clears it. */
extern uint32_t crash_launch_alive;

/*
 * Starts the middle process with what crash_launch says. The caller has
 * blocked all signals. Returns its pid, to be reaped with __WALL in a host
 * that lives on, or what clone said.
 */
MUST_CHECK long crash_launch_start(void);

#endif
