/*
 * Frames of one thread, by libunwind over target_read: call frame information
 * from memory (.eh_frame_hdr); where there is none, by frame pointer, else by
 * the nearest return address on the stack. Where a stack is damaged it ends,
 * with a note: no frame is invented. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_UNWIND_H
#define INQUEST_HANDLER_DUMPER_UNWIND_H

#include "handler/dumper/target.h"

#define UNWIND_HEAD_FRAMES 192
#define UNWIND_TAIL_FRAMES 64
#define UNWIND_FRAMES_MAX  (UNWIND_HEAD_FRAMES + UNWIND_TAIL_FRAMES)
#define UNWIND_DEPTH_MAX   1000000
#define UNWIND_CRASHED_MS  500 /* about as many frames as 8 MiB can hold */
#define UNWIND_OTHER_MS    2   /* at least, while the deadline is not reached */
#define UNWIND_PERIOD_MAX  64  /* functions in a recursion that is recognised */

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
    size_t skipped;   /* left out behind the first head frames */
    size_t head;      /* valid when skipped > 0 */
    size_t period;    /* they repeat the period before, 0: they do not */
    const char *note; /* why it ends early, NULL: it ends by itself */
};

/*
 * registers as in struct target_thread; behind: bytes by which the pc has left
 * the instruction behind that this is about (cause_instruction), which may be
 * the last one of its function. Stops at deadline_ms.
 */
void unwind_thread(struct target *target,
                   const uint64_t registers[TARGET_REGISTERS], size_t behind,
                   uint64_t deadline_ms, struct unwind_stack *ret_stack);

#endif
