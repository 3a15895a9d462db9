/*
 * The frames as they come: the first ones, and a ring of the last ones. What
 * lies between is left out, for it repeats: endless recursion. Context: tool.
 */
#include <string.h>

#include "handler/dumper/unwind_walk.h"

#define TURNS_KEPT 2

static bool same(const struct unwind_stack *stack, size_t i, size_t period)
{
    return stack->frames[i].pc == stack->frames[i + period].pc;
}

/* Frames in one turn at the end of the head, 0: it does not repeat. */
static size_t find_period(const struct unwind_stack *stack)
{
    for (size_t period = 1; period <= UNWIND_PERIOD_MAX; period++) {
        size_t i = UNWIND_HEAD_FRAMES - period;
        size_t last = UNWIND_HEAD_FRAMES - 2 * period;
        while (i > last && same(stack, i - 1, period))
            i--;
        if (i == last)
            return period;
    }
    return 0;
}

void unwind_add(struct unwind_stack *stack, struct unwind_frame frame)
{
    if (stack->count < UNWIND_FRAMES_MAX) {
        stack->frames[stack->count++] = frame;
        return;
    }
    struct unwind_frame *oldest =
        &stack
             ->frames[UNWIND_HEAD_FRAMES + stack->skipped % UNWIND_TAIL_FRAMES];
    if (stack->skipped == 0)
        stack->period = find_period(stack);
    /* Only frames that do repeat may be told of as such. */
    if (stack->period > 0 &&
        oldest->pc != stack
                          ->frames[UNWIND_HEAD_FRAMES - stack->period +
                                   stack->skipped % stack->period]
                          .pc)
        stack->period = 0;
    *oldest = frame;
    stack->skipped++;
}

/* Puts the oldest frame of the ring first. */
static void turn_tail(struct unwind_stack *stack)
{
    struct unwind_frame tail[UNWIND_TAIL_FRAMES];
    size_t first = stack->skipped % UNWIND_TAIL_FRAMES;

    for (size_t i = 0; i < UNWIND_TAIL_FRAMES; i++) {
        tail[i] =
            stack
                ->frames[UNWIND_HEAD_FRAMES + (first + i) % UNWIND_TAIL_FRAMES];
    }
    memcpy(&stack->frames[UNWIND_HEAD_FRAMES], tail, sizeof tail);
}

/* Where the repetition begins, and two turns of it. */
static size_t head_kept(const struct unwind_stack *stack)
{
    size_t period = stack->period;
    size_t begin = UNWIND_HEAD_FRAMES - 2 * period;

    while (begin > 0 && same(stack, begin - 1, period))
        begin--;
    return begin + TURNS_KEPT * period;
}

void unwind_fold(struct unwind_stack *stack)
{
    stack->head = UNWIND_HEAD_FRAMES;
    if (stack->skipped == 0)
        return;
    turn_tail(stack);
    if (stack->period == 0)
        return;
    stack->head = head_kept(stack);
    /* The tail goes on repeating for a while; its last turn stays. */
    size_t end = UNWIND_HEAD_FRAMES;
    while (end + stack->period < UNWIND_FRAMES_MAX &&
           same(stack, end, stack->period))
        end++;
    stack->skipped += end - stack->head;
    memmove(&stack->frames[stack->head], &stack->frames[end],
            (stack->count - end) * sizeof *stack->frames);
    stack->count -= end - stack->head;
}
