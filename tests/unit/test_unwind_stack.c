/* What is left out of a stack, and what is told of it. Context: tool. */
#include "tests/unit/support.h"

#include <string.h>

#include "handler/dumper/unwind_walk.h"

#define MAIN 0x9000u

static struct unwind_stack stack;

static void begin(void)
{
    memset(&stack, 0, sizeof stack);
}

/* turns times the pcs from 0x1000 to 0x1000 + period - 1. */
static void add_turns(size_t turns, size_t period, uint64_t base)
{
    for (size_t i = 0; i < turns * period; i++)
        unwind_add(&stack, (struct unwind_frame){.pc = base + i % period});
}

static void add_one(uint64_t pc)
{
    unwind_add(&stack, (struct unwind_frame){.pc = pc});
}

static void short_stack_is_whole(void **state)
{
    (void)state;
    begin();
    add_turns(UNWIND_FRAMES_MAX, 1, 0x1000);
    unwind_fold(&stack);
    assert_int_equal(stack.count, UNWIND_FRAMES_MAX);
    assert_int_equal(stack.skipped, 0);
}

static void recursion_keeps_two_turns_and_the_last(void **state)
{
    (void)state;
    for (size_t period = 1; period <= UNWIND_PERIOD_MAX; period++) {
        begin();
        add_one(0x100); /* where it died */
        add_turns(10000, period, 0x1000);
        add_one(MAIN);
        add_one(MAIN + 1);
        unwind_fold(&stack);
        assert_int_equal(stack.period, period);
        assert_int_equal(stack.head, 1 + 2 * period);
        assert_int_equal(stack.frames[0].pc, 0x100);
        assert_int_equal(stack.frames[1].pc, 0x1000);
        assert_int_equal(stack.frames[stack.count - 2].pc, MAIN);
        assert_int_equal(stack.count + stack.skipped, 3 + 10000 * period);
        /* The tail holds 64 frames: two of main, the rest of the last turn. */
        size_t last =
            period < UNWIND_TAIL_FRAMES - 2 ? period : UNWIND_TAIL_FRAMES - 2;
        assert_int_equal(stack.count, 1 + 2 * period + last + 2);
    }
}

static void frames_that_differ_are_not_told_as_a_repetition(void **state)
{
    (void)state;
    begin();
    add_turns(400, 1, 0x1000);
    add_turns(400, 1, 0x2000);
    add_one(MAIN);
    unwind_fold(&stack);
    assert_int_equal(stack.period, 0);
    assert_int_equal(stack.head, UNWIND_HEAD_FRAMES);
    assert_int_equal(stack.count, UNWIND_FRAMES_MAX);
    assert_int_equal(stack.skipped, 801 - UNWIND_FRAMES_MAX);
    assert_int_equal(stack.frames[UNWIND_FRAMES_MAX - 1].pc, MAIN);
}

static void long_chain_without_repetition_keeps_both_ends(void **state)
{
    (void)state;
    begin();
    for (uint64_t i = 0; i < 1000; i++)
        add_one(i);
    unwind_fold(&stack);
    assert_int_equal(stack.period, 0);
    assert_int_equal(stack.frames[UNWIND_HEAD_FRAMES - 1].pc,
                     UNWIND_HEAD_FRAMES - 1);
    assert_int_equal(stack.frames[UNWIND_HEAD_FRAMES].pc,
                     1000 - UNWIND_TAIL_FRAMES);
    assert_int_equal(stack.frames[UNWIND_FRAMES_MAX - 1].pc, 999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_stack_is_whole),
        cmocka_unit_test(recursion_keeps_two_turns_and_the_last),
        cmocka_unit_test(frames_that_differ_are_not_told_as_a_repetition),
        cmocka_unit_test(long_chain_without_repetition_keeps_both_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
