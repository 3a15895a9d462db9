/* handler/crash/altstack: whose stack it is, and what the program is told.
 * Each in a thread of its own, for the stacks are a thread's. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "handler/crash/altstack.h"

#define LARGE_BYTES (256u << 10)
#define SMALL_BYTES (16u << 10)

static stack_t now(void)
{
    stack_t current = {0};

    assert_int_equal(sigaltstack(NULL, &current), 0);
    return current;
}

static bool has_none(void)
{
    return (now().ss_flags & SS_DISABLE) != 0;
}

/* A stack of the program's own, for good. */
static stack_t own(size_t size)
{
    stack_t stack = {.ss_size = size};

    stack.ss_sp = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(stack.ss_sp != MAP_FAILED);
    return stack;
}

static void *with_none(void *unused)
{
    assert_true(has_none());
    assert_true(altstack_install());
    assert_false(has_none());
    assert_false(altstack_install()); /* ours is large enough */
    altstack_release();
    assert_true(has_none());
    altstack_release(); /* not ours any more */
    assert_true(has_none());
    return unused;
}

static void *with_a_large_one(void *unused)
{
    stack_t large = own(LARGE_BYTES);

    assert_int_equal(sigaltstack(&large, NULL), 0);
    assert_false(altstack_install());
    assert_ptr_equal(now().ss_sp, large.ss_sp);
    altstack_release();
    assert_ptr_equal(now().ss_sp, large.ss_sp);
    return unused;
}

static void *with_a_small_one(void *unused)
{
    stack_t small = own(SMALL_BYTES);
    stack_t before = {0};

    assert_int_equal(sigaltstack(&small, NULL), 0);
    assert_true(altstack_install());
    assert_true(now().ss_size > small.ss_size);
    stack_t ours = now();
    assert_int_equal(altstack_change(NULL, &before), 0);
    assert_ptr_equal(before.ss_sp, ours.ss_sp); /* large enough for both */
    /* The program takes one of its own, and ours goes without a word. */
    assert_int_equal(altstack_change(&small, NULL), 0);
    altstack_release();
    assert_ptr_equal(now().ss_sp, small.ss_sp);
    return unused;
}

static volatile sig_atomic_t told_inside;

static void ask_inside(int number)
{
    stack_t told = {0};

    (void)number;
    (void)altstack_change(NULL, &told);
    told_inside = told.ss_flags;
}

static void *gives_up(void *unused)
{
    struct sigaction on_ours = {.sa_handler = ask_inside,
                                .sa_flags = SA_ONSTACK};

    const stack_t none = {.ss_flags = SS_DISABLE};
    stack_t large = own(LARGE_BYTES);
    stack_t before = {0};

    assert_true(altstack_install());
    assert_int_equal(altstack_change(&large, NULL), 0);
    assert_int_equal(altstack_change(&none, &before), 0);
    assert_ptr_equal(before.ss_sp, large.ss_sp);
    assert_false(has_none()); /* ours is back, and it is told of none */
    assert_int_equal(sigaction(SIGUSR1, &on_ours, NULL), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(told_inside, SS_DISABLE);
    assert_int_equal(altstack_change(NULL, &before), 0);
    assert_int_equal(before.ss_flags, SS_DISABLE);
    assert_int_equal(altstack_change(&large, &before), 0);
    assert_int_equal(before.ss_flags, SS_DISABLE);
    assert_int_equal(altstack_change(NULL, &before), 0);
    assert_ptr_equal(before.ss_sp, large.ss_sp);
    altstack_release();
    return unused;
}

static void *gives_up_what_was_there_first(void *unused)
{
    const stack_t none = {.ss_flags = SS_DISABLE};
    stack_t large = own(LARGE_BYTES);
    stack_t before = {0};

    assert_int_equal(sigaltstack(&large, NULL), 0);
    assert_false(altstack_install());
    assert_int_equal(altstack_change(&none, NULL), 0);
    assert_false(has_none());
    assert_ptr_not_equal(now().ss_sp, large.ss_sp);
    assert_int_equal(altstack_change(NULL, &before), 0);
    assert_int_equal(before.ss_flags, SS_DISABLE);
    altstack_release();
    assert_true(has_none());
    return unused;
}

static void *asks_wrongly(void *unused)
{
    stack_t tiny = {.ss_sp = &tiny, .ss_size = 1};
    stack_t before = {.ss_size = 7};

    assert_true(altstack_install());
    stack_t ours = now();
    assert_int_equal(altstack_change(&tiny, &before), -ENOMEM);
    assert_int_equal(before.ss_size, 7);
    assert_int_equal(altstack_change((const stack_t *)1, &before), -EFAULT);
    assert_int_equal(altstack_change(NULL, (stack_t *)1), -EFAULT);
    assert_ptr_equal(now().ss_sp, ours.ss_sp);
    altstack_release();
    return unused;
}

static void *without_memory(void *unused)
{
    struct rlimit before;

    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    const struct rlimit nothing_more = {0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &nothing_more), 0);
    bool installed = altstack_install();
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_false(installed);
    assert_true(has_none());
    altstack_release();
    return unused;
}

static unsigned mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char *line = NULL;
    size_t capacity = 0;
    unsigned count = 0;

    assert_non_null(maps);
    while (getline(&line, &capacity, maps) >= 0)
        count++;
    free(line);
    assert_int_equal(fclose(maps), 0);
    return count;
}

static volatile sig_atomic_t installed_on_it;

static void install_on_it(int number)
{
    (void)number;
    installed_on_it = altstack_install();
}

/* The kernel refuses to change the stack that is in use. */
static void *on_a_small_one(void *unused)
{
    stack_t small = own(SMALL_BYTES);
    struct sigaction action = {.sa_handler = install_on_it,
                               .sa_flags = SA_ONSTACK};

    assert_int_equal(sigaltstack(&small, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    unsigned before = mappings();
    installed_on_it = -1;
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(installed_on_it, false);
    assert_ptr_equal(now().ss_sp, small.ss_sp);
    assert_int_equal(mappings(), before);
    return unused;
}

static void in_a_thread(void *(*run)(void *))
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void a_thread_without_one_gets_one(void **state)
{
    (void)state;
    in_a_thread(with_none);
}

static void one_that_is_large_enough_stays(void **state)
{
    (void)state;
    in_a_thread(with_a_large_one);
}

static void one_that_is_too_small_is_replaced(void **state)
{
    (void)state;
    in_a_thread(with_a_small_one);
}

static void what_is_given_up_is_replaced_by_ours(void **state)
{
    (void)state;
    in_a_thread(gives_up);
    in_a_thread(gives_up_what_was_there_first);
}

static void what_the_kernel_refuses_changes_nothing(void **state)
{
    (void)state;
    in_a_thread(asks_wrongly);
}

static void without_memory_there_is_none(void **state)
{
    (void)state;
    in_a_thread(without_memory);
}

static void one_in_use_stays(void **state)
{
    (void)state;
    in_a_thread(on_a_small_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_there_is_none),
        cmocka_unit_test(one_in_use_stays),
        cmocka_unit_test(a_thread_without_one_gets_one),
        cmocka_unit_test(one_that_is_large_enough_stays),
        cmocka_unit_test(one_that_is_too_small_is_replaced),
        cmocka_unit_test(what_is_given_up_is_replaced_by_ours),
        cmocka_unit_test(what_the_kernel_refuses_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
