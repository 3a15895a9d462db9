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
#define PAGE     ((size_t)4096)
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

/* One page of ours as heap and one as a large block, with headers as given. */
static struct target *made_heap(const uint64_t *sizes, size_t count)
{
    static uint64_t pages[2][PAGE / sizeof(uint64_t)]
        __attribute__((aligned(PAGE)));
    struct target *target = target_open(getpid(), getpid());
    size_t at = 0;

    memset(pages, 0, sizeof pages);
    for (size_t i = 0; i < count && at < PAGE; i++) {
        memcpy((char *)pages[0] + at + sizeof *sizes, &sizes[i], sizeof *sizes);
        at += sizes[i] & ~(uint64_t)7;
    }
    pages[1][1] = count > 0 ? sizes[count - 1] : 0;
    for (size_t i = 0; i < 2; i++) {
        target->mappings[i] =
            (struct target_mapping){.begin = (uint64_t)pages[i],
                                    .end = (uint64_t)pages[i] + PAGE,
                                    .writable = true,
                                    .path = i == 0 ? "[heap]" : ""};
    }
    target->mapping_count = 2;
    return target;
}

#define USED   1u /* the chunk before is in use */
#define MAPPED 2u

/* Headers that make no sense end the walk: another thread may be writing. */
static void nonsense_ends_the_walk(void **state)
{
    static const struct {
        uint64_t sizes[3];
        size_t count;
        bool known;
        uint64_t used, free, mapped;
    } cases[] = {
        {{64 | USED, 32 | USED, 4000 | USED}, 3, true, 96, 4000, 0},
        {{64 | USED, 32, 4000 | USED}, 3, true, 32, 4064, 0},
        {{0}, 1, false, 0, 0, 0},                      /* would never end */
        {{64 | USED, 40 | USED}, 2, false, 0, 0, 0},   /* not aligned */
        {{64 | USED, 4048 | USED}, 2, false, 0, 0, 0}, /* beyond the end */
        {{UINT64_MAX}, 1, false, 0, 0, 0},
        {{PAGE | MAPPED}, 1, true, 0, PAGE, PAGE},
        {{(2 * PAGE) | MAPPED}, 1, false, 0, 0, 0},            /* beyond both */
        {{2048 | MAPPED, 2048 | MAPPED}, 2, true, 0, 4096, 0}, /* no pages */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct malloc_sums sums;
        uint64_t us;
        malloc_walk(made_heap(cases[i].sizes, cases[i].count), &sums, &us);
        if (sums.heap_known != cases[i].known ||
            sums.mapped_bytes != cases[i].mapped)
            fail_msg("case %zu: known %d", i, sums.heap_known);
        if (!sums.heap_known)
            continue;
        assert_int_equal(sums.used_bytes, cases[i].used);
        assert_int_equal(sums.free_bytes, cases[i].free);
    }
}

static void memory_that_is_gone_ends_the_walk(void **state)
{
    static const uint64_t sizes[] = {PAGE | USED};
    struct malloc_sums sums;
    uint64_t us;

    (void)state;
    struct target *target = made_heap(sizes, 1);
    for (size_t i = 0; i < 2; i++) {
        target->mappings[i].begin = (1ull << 46) + i * PAGE;
        target->mappings[i].end = target->mappings[i].begin + PAGE;
    }
    malloc_walk(target, &sums, &us);
    assert_false(sums.heap_known);
    assert_int_equal(sums.mapped_count, 0);
    target->mapping_count = 0;
    malloc_walk(target, &sums, &us);
    assert_false(sums.heap_known);
}

static struct build build;

/* The alarm of a program with this much swap, UINT64_MAX: not known. */
static Inquest__V1__Alarm *alarm_with(struct target *target, uint64_t swap)
{
    static Inquest__V1__Alarm alarm;
    static Inquest__V1__Memory memory;
    static Inquest__V1__MemorySample sample;
    static Inquest__V1__MemorySample *samples[] = {&sample};

    build = (struct build){.target = target, .state_fd = -1};
    build_start(&build, INQUEST__V1__KIND__MEMORY_ALARM, 1);
    inquest__v1__alarm__init(&alarm);
    inquest__v1__memory__init(&memory);
    inquest__v1__memory_sample__init(&sample);
    memory.samples = samples;
    memory.n_samples = 1;
    if (swap != UINT64_MAX) {
        sample.has_swap_bytes_case =
            INQUEST__V1__MEMORY_SAMPLE__HAS_SWAP_BYTES_SWAP_BYTES;
        sample.swap_bytes = swap;
    }
    build.report.alarm = &alarm;
    build.report.memory = &memory;
    build_malloc(&build);
    return &alarm;
}

static void alarm_tells_of_the_heap_or_why_not(void **state)
{
    static const uint64_t sizes[] = {64 | USED, 4032 | USED};

    (void)state;
    struct target *target = made_heap(sizes, 2);
    assert_int_equal(alarm_with(target, 0)->malloc->used_bytes, 64);
    assert_int_equal(alarm_with(target, UINT64_MAX)->malloc->free_bytes, 4032);
    assert_null(alarm_with(target, 1)->malloc); /* it would come back */
    assert_int_equal(build.report.n_notes, 0);
    target->mappings[0].end = target->mappings[0].begin + 10 * MIB;
    const Inquest__V1__Malloc *malloc_of = alarm_with(target, 0)->malloc;
    assert_int_equal(malloc_of->has_used_bytes_case, 0);
    assert_string_equal(
        build.report.notes[0],
        "malloc's heap was not walked: it would have taken 6 ms");
    target->mappings[0].begin = 1ull << 46;
    assert_null(alarm_with(target, 0)->malloc);
    assert_non_null(strstr(build.report.notes[0], "lets nobody read"));
    target->mapping_count = 0;
    assert_null(alarm_with(target, 0)->malloc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_library_itself),
        cmocka_unit_test(too_large_a_heap_is_left_alone),
        cmocka_unit_test(nonsense_ends_the_walk),
        cmocka_unit_test(memory_that_is_gone_ends_the_walk),
        cmocka_unit_test(alarm_tells_of_the_heap_or_why_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
