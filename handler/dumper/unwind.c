/* From frame to frame. Context: tool. */
#include "handler/dumper/unwind.h"

#include <string.h>

#include "handler/dumper/unwind_walk.h"

#define DEADLINE_EVERY 256 /* frames between two looks at the clock */

static bool start(struct walk *walk, unw_cursor_t *cursor)
{
    unw_addr_space_t space = unwind_address_space();

    return space && unw_init_remote(cursor, space, walk) >= 0;
}

/*
 * A call through a bad pointer: pc is nowhere, the caller's return address
 * lies at the stack pointer. Makes the registers those of the caller.
 */
static bool leave_bad_pc(struct walk *walk, struct unwind_stack *stack)
{
    uint64_t caller;

    if (unwind_is_code(walk->target, walk->registers[TARGET_RIP]))
        return true;
    if (!target_read_u64(walk->target, walk->registers[TARGET_RSP], &caller)) {
        stack->note = "the pc is not code, and the stack pointer is invalid";
        return false;
    }
    if (!unwind_follows_call(walk->target, caller)) {
        stack->note = "the pc is not code, and no return address lies at the "
                      "stack pointer: a damaged stack";
        return false;
    }
    walk->registers[TARGET_RIP] = caller - 1; /* within the call */
    walk->registers[TARGET_RSP] += sizeof caller;
    unwind_add(stack, (struct unwind_frame){caller, UNWIND_SCAN, false});
    return true;
}

/* The frame in cursor has no call frame information. */
static bool guess_on(struct walk *walk, unw_cursor_t *cursor,
                     struct unwind_stack *stack)
{
    static const struct {
        unw_regnum_t from;
        enum target_register to;
    } needed[] = {{UNW_REG_IP, TARGET_RIP},
                  {UNW_REG_SP, TARGET_RSP},
                  {UNW_X86_64_RBP, TARGET_RBP}};
    struct unwind_frame frame;

    for (size_t i = 0; i < ARRAY_LENGTH(needed); i++) {
        if (unw_get_reg(cursor, needed[i].from,
                        &walk->registers[needed[i].to]) < 0)
            walk->registers[needed[i].to] = 0;
    }
    walk->generated |=
        unwind_is_generated(walk->target, walk->registers[TARGET_RIP]);
    if (!unwind_guess(walk, &frame)) {
        stack->note = "code without call frame information, and no return "
                      "address near the stack pointer";
        return false;
    }
    unwind_add(stack, frame);
    return start(walk, cursor);
}

static bool has_stack(struct walk *walk, unw_cursor_t *cursor)
{
    unw_word_t stack_pointer;
    uint64_t word;

    return unw_get_reg(cursor, UNW_REG_SP, &stack_pointer) == 0 &&
           target_read_u64(walk->target, stack_pointer, &word);
}

/* What generated code leaves on a stack looks like damage, and is none. */
static const char *damage(const struct walk *walk, const char *note)
{
    return walk->generated ? "frames of generated code, of which nothing tells "
                             "who called them: the outermost are not known"
                           : note;
}

/* No caller: of the outermost function, or because it cannot be read. */
static void end(struct walk *walk, unw_cursor_t *cursor, bool damaged,
                struct unwind_stack *stack)
{
    if (!has_stack(walk, cursor)) {
        stack->note = damage(walk, "the stack pointer is invalid");
    } else if (damaged) {
        stack->note =
            damage(walk, "the caller cannot be read: a damaged stack");
    }
}

/*
 * After a scan the frame pointer may be that of a frame further in, and who
 * goes by it comes back there: a caller lies further out.
 */
static bool turns_back(const struct walk *walk, unw_cursor_t *before,
                       unw_cursor_t *cursor)
{
    unw_word_t inner = 0;
    unw_word_t outer = 0;

    return walk->scans > 0 && unw_get_reg(before, UNW_REG_SP, &inner) == 0 &&
           unw_get_reg(cursor, UNW_REG_SP, &outer) == 0 && outer <= inner;
}

/* False: the stack ends here, by itself or with a note. */
static bool step(struct walk *walk, unw_cursor_t *cursor,
                 struct unwind_stack *stack)
{
    unw_cursor_t before = *cursor;
    unw_word_t pc = 0;
    bool exact = unw_is_signal_frame(cursor) > 0;

    walk->no_information = false;
    int r = unw_step(cursor);
    if (!exact && (walk->no_information || /* it has guessed by itself then */
                   (r > 0 && turns_back(walk, &before, cursor)))) {
        *cursor = before;
        return guess_on(walk, cursor, stack);
    }
    if (r > 0)
        r = unw_get_reg(cursor, UNW_REG_IP, &pc);
    if (r < 0 || pc == 0) {
        end(walk, &before, r < 0, stack);
        return false;
    }
    if (!unwind_is_code(walk->target, pc)) {
        stack->note =
            damage(walk, "the return address is not code: a damaged stack");
        return false;
    }
    unwind_add(stack, (struct unwind_frame){pc, UNWIND_CFI, exact});
    return true;
}

static void step_all(struct walk *walk, unw_cursor_t *cursor,
                     uint64_t deadline_ms, struct unwind_stack *stack)
{
    for (size_t depth = 1; step(walk, cursor, stack); depth++) {
        if (depth == UNWIND_DEPTH_MAX) {
            stack->note = "a million frames: the outermost are not known";
            return;
        }
        if (depth % DEADLINE_EVERY == 0 && target_now_ms() > deadline_ms) {
            stack->note = "out of time: the outermost frames are not known";
            return;
        }
    }
}

void unwind_thread(struct target *target,
                   const uint64_t registers[TARGET_REGISTERS], size_t behind,
                   uint64_t deadline_ms, struct unwind_stack *ret_stack)
{
    struct walk walk = {.target = target};
    unw_cursor_t cursor;

    memcpy(walk.registers, registers, sizeof walk.registers);
    ret_stack->count = ret_stack->skipped = ret_stack->period = 0;
    ret_stack->note = NULL;
    unwind_add(ret_stack, (struct unwind_frame){registers[TARGET_RIP],
                                                UNWIND_CONTEXT, behind == 0});
    walk.registers[TARGET_RIP] -= behind;
    if (leave_bad_pc(&walk, ret_stack) && start(&walk, &cursor))
        step_all(&walk, &cursor, deadline_ms, ret_stack);
    unwind_fold(ret_stack);
}
