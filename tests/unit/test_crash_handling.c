/*
 * Which of the program's signal handlers still run, by where the stack is and
 * what lies on it. Context: tool.
 */
#include "tests/unit/support.h"

#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "handler/crash/crash_handling.h"

#define TOP   0x7000000u /* of a stack; nothing is read of it */
#define STEP  0x1000u
#define DEEP  (256u << 10) /* HANDLER_STACK_MAX */
#define BLOCK (1ull << (SIGUSR1 - 1))

static siginfo_t infos[CRASH_HANDLERS_MAX + 1];
static ucontext_t contexts[CRASH_HANDLERS_MAX + 1];

/* The index-th handler of those that are nested, each one page deeper. */
static uintptr_t begin(size_t index, uint64_t blocked)
{
    infos[index].si_signo = SIGSEGV;
    contexts[index].uc_mcontext.gregs[REG_RIP] = (greg_t)index;
    const struct crash_event event = {.signal_number = SIGSEGV,
                                      .info = &infos[index],
                                      .context = &contexts[index]};
    uintptr_t stack_pointer = TOP - index * STEP;
    crash_handling_begin(&event, stack_pointer, blocked);
    return stack_pointer - 64;
}

/* Of the test before none runs: this one is higher up than all. */
static int forget(void **state)
{
    const struct crash_event event = {
        .signal_number = SIGABRT, .info = &infos[0], .context = &contexts[0]};

    (void)state;
    crash_handling_begin(&event, UINT32_MAX, 0);
    contexts[0].uc_mcontext.gregs[REG_RAX]++; /* so it runs no more */
    return 0;
}

static void outermost_that_runs_is_told(void **state)
{
    struct crash_event event;

    (void)state;
    assert_false(crash_handling_now(TOP - 64, &event));
    uintptr_t inside = begin(0, 0);
    uintptr_t deeper = begin(1, 0);
    assert_true(crash_handling_now(deeper, &event));
    assert_ptr_equal(event.info, &infos[0]);
    assert_ptr_equal(crash_handling_of(&infos[1])->info, &infos[1]);
    assert_null(crash_handling_of(&infos[2]));
    assert_true(crash_handling_now(inside, &event));
    assert_true(crash_handling_now(TOP, &event));      /* it uses no stack */
    assert_false(crash_handling_now(TOP + 8, &event)); /* it has returned */
    assert_false(crash_handling_now(TOP - DEEP - 1, &event));
    assert_true(crash_handling_now(TOP - DEEP, &event));
    contexts[0].uc_mcontext.gregs[REG_RIP]++; /* it recovers */
    assert_null(crash_handling_of(&infos[0]));
    assert_false(crash_handling_now(deeper, &event));
}

static void handler_that_returned_is_forgotten(void **state)
{
    struct crash_event event;

    (void)state;
    (void)begin(0, 0);
    (void)begin(1, BLOCK);
    uintptr_t inside = begin(0, 0); /* so both have returned */
    assert_true(crash_handling_now(inside, &event));
    assert_false(crash_handling_blocks(inside - STEP, SIGUSR1));
}

static void what_a_handler_blocks_is_kept_back_while_it_runs(void **state)
{
    (void)state;
    uintptr_t outer = begin(0, 0);
    uintptr_t inner = begin(1, BLOCK);
    assert_true(crash_handling_blocks(inner, SIGUSR1));
    assert_false(crash_handling_blocks(inner, SIGUSR2));
    assert_false(crash_handling_blocks(outer, SIGUSR1)); /* not deep enough */
    crash_handling_unblocked(BLOCK << 1);
    assert_true(crash_handling_blocks(inner, SIGUSR1));
    crash_handling_unblocked(BLOCK);
    assert_false(crash_handling_blocks(inner, SIGUSR1));
}

static void deeper_ones_than_there_is_room_for_are_left_out(void **state)
{
    struct crash_event event;

    (void)state;
    for (size_t i = 0; i < CRASH_HANDLERS_MAX; i++)
        (void)begin(i, 0);
    uintptr_t inside = begin(CRASH_HANDLERS_MAX, BLOCK);
    assert_false(crash_handling_blocks(inside, SIGUSR1));
    assert_true(crash_handling_now(inside, &event));
    assert_ptr_equal(event.info, &infos[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(outermost_that_runs_is_told, forget),
        cmocka_unit_test_setup(handler_that_returned_is_forgotten, forget),
        cmocka_unit_test_setup(what_a_handler_blocks_is_kept_back_while_it_runs,
                               forget),
        cmocka_unit_test_setup(deeper_ones_than_there_is_room_for_are_left_out,
                               forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
