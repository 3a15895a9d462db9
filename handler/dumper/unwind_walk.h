/*
 * One walk down one stack: what the parts of unwind share. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_UNWIND_WALK_H
#define INQUEST_HANDLER_DUMPER_UNWIND_WALK_H

#include <libunwind.h>

#include "handler/dumper/unwind.h"

struct walk {
    struct target *target;
    uint64_t registers[TARGET_REGISTERS]; /* libunwind starts from these */
    bool no_information; /* the last step asked for a pc that has none */
    size_t scans;        /* frames found by scanning so far */
    bool generated;      /* some were of code that was made at run time */
};

/* libunwind's view of a walk, which is its context argument. NULL: no memory.
 */
unw_addr_space_t unwind_address_space(void);

/* Whether address lies in memory that may be executed. */
bool unwind_is_code(const struct target *target, uint64_t address);

/* Whether that is of no file: made at run time, without any description. */
bool unwind_is_generated(const struct target *target, uint64_t address);

/* Whether address is code and the instruction before it is a call. */
bool unwind_follows_call(struct target *target, uint64_t address);

/*
 * The caller of a frame that has no call frame information, from rip, rsp and
 * rbp of walk->registers, which become those of the caller: by the saved frame
 * pointer, else by the first return address on the stack. False: neither.
 */
bool unwind_guess(struct walk *walk, struct unwind_frame *ret_frame);

/* Adds one frame; when there is no more room, one in the middle goes. */
void unwind_add(struct unwind_stack *stack, struct unwind_frame frame);

/*
 * Ends a stack: puts its frames in order, and where what was left out repeats,
 * keeps two turns of it in front and one behind.
 */
void unwind_fold(struct unwind_stack *stack);

#endif
