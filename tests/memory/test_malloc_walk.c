/*
 * malloc seen from outside against its own account (mallinfo2), of a child
 * that allocates and then stands still. Context: tool.
 */
#include "tests/unit/support.h"

#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "handler/dumper/malloc_walk.h"

#define MIB      ((size_t)1 << 20)
#define BLOCKS   40
#define SMALL    20000
#define SIZE_MIN 200 /* no fast bin takes it */

/* Half of the small ones freed, so that neighbours stay apart. */
static void allocate(size_t small_count)
{
    char **small = malloc(small_count * sizeof *small);

    for (size_t i = 0; i < small_count; i++)
        small[i] = memset(malloc(SIZE_MIN + i % 500), 1, SIZE_MIN);
    for (size_t i = 0; i < small_count; i += 2)
        free(small[i]);
    for (size_t i = 0; i < BLOCKS; i++)
        *(volatile char *)malloc(MIB) = 1;
}

/* A child with that heap; its own account comes through the pipe. */
static pid_t start(size_t small_count, struct mallinfo2 *ret_account)
{
    int pipe_fd[2];

    assert_int_equal(pipe(pipe_fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        allocate(small_count);
        struct mallinfo2 account = mallinfo2();
        if (write(pipe_fd[1], &account, sizeof account) < 0)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_true(pid > 0);
    assert_int_equal(read(pipe_fd[0], ret_account, sizeof *ret_account),
                     sizeof *ret_account);
    (void)close(pipe_fd[0]);
    (void)close(pipe_fd[1]);
    return pid;
}

static void end(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void agrees_with_the_library_itself(void **state)
{
    struct mallinfo2 account;
    struct malloc_sums sums;
    uint64_t us;

    (void)state;
    pid_t pid = start(SMALL, &account);
    struct target *target = target_open(pid, pid);
    target_read_mappings(target);
    uint64_t begin_us = now_us();
    malloc_walk(target, &sums, &us);
    printf("a heap of %.1f MiB walked in %llu us of CPU\n",
           (double)account.arena / (double)MIB,
           (unsigned long long)(now_us() - begin_us));
    end(pid);
    assert_true(sums.heap_known);
    assert_int_equal(us, 0);
    assert_int_equal(sums.used_bytes, account.uordblks);
    assert_int_equal(sums.free_bytes, account.fordblks);
    assert_int_equal(sums.mapped_bytes, account.hblkhd);
    assert_int_equal(sums.mapped_count, account.hblks);
}

static void too_large_a_heap_is_left_alone(void **state)
{
    struct mallinfo2 account;
    struct malloc_sums sums;
    uint64_t us;

    (void)state;
    pid_t pid = start(20 * SMALL, &account);
    struct target *target = target_open(pid, pid);
    target_read_mappings(target);
    malloc_walk(target, &sums, &us);
    end(pid);
    assert_false(sums.heap_known);
    assert_true(us > MALLOC_WALK_US_MAX);
    assert_int_equal(sums.mapped_count, account.hblks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_library_itself),
        cmocka_unit_test(too_large_a_heap_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
