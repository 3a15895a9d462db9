/*
 * Frames of one thread, by libunwind over target_read: call frame information
 * from memory (.eh_frame_hdr), then frame pointers. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_UNWIND_H
#define INQUEST_HANDLER_DUMPER_UNWIND_H

#include "handler/dumper/target.h"

#define UNWIND_HEAD_FRAMES 192
#define UNWIND_TAIL_FRAMES 64
#define UNWIND_FRAMES_MAX  (UNWIND_HEAD_FRAMES + UNWIND_TAIL_FRAMES)
#define UNWIND_DEPTH_MAX   100000

enum unwind_trust {
    UNWIND_CONTEXT = 1,
    UNWIND_CFI,
    UNWIND_FRAME_POINTER,
    UNWIND_SCAN
};

struct unwind_frame {
    uint64_t pc;
    enum unwind_trust trust;
    bool exact; /* pc is the instruction itself, not the one to return to */
};

struct unwind_stack {
    struct unwind_frame frames[UNWIND_FRAMES_MAX]; /* innermost first */
    size_t count;
    size_t skipped;   /* between head and tail: endless recursion */
    size_t period;    /* frames in one turn of it, 0: no cycle found */
    const char *note; /* why it ends early, NULL: it ends by itself */
};

/* registers as in struct target_thread. Stops at deadline_ms. */
void unwind_thread(struct target *target,
                   const uint64_t registers[TARGET_REGISTERS],
                   uint64_t deadline_ms, struct unwind_stack *ret_stack);

#endif
