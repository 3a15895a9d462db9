/* Where a thread may run. Context: tool. */
#include "tests/unit/support.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "proto/base/cpu_mask.h"

static void mask_is_the_kernels(void **state)
{
    struct cpu_mask mask;
    cpu_set_t set;

    (void)state;
    assert_int_equal(cpu_mask_get(&mask), 0);
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    for (size_t cpu = 0; cpu < 64 * mask.count && cpu < CPU_SETSIZE; cpu++) {
        assert_int_equal(mask.words[cpu / 64] >> (cpu % 64) & 1,
                         CPU_ISSET(cpu, &set) != 0);
    }
}

static void thread_is_held_where_it_is_and_let_go(void **state)
{
    struct cpu_mask before;
    struct cpu_mask here;
    struct cpu_mask now;

    (void)state;
    assert_int_equal(cpu_mask_get(&before), 0);
    assert_int_equal(cpu_mask_here(&here), 0);
    assert_int_equal(cpu_mask_use(&here), 0);
    int cpu = sched_getcpu();
    assert_int_equal(here.words[cpu / 64], 1ull << (cpu % 64));
    assert_int_equal(cpu_mask_get(&now), 0);
    assert_memory_equal(&now, &here, sizeof now);
    assert_int_equal(cpu_mask_use(&before), 0);
    assert_int_equal(cpu_mask_get(&now), 0);
    assert_memory_equal(&now, &before, sizeof now);
}

static void text_is_read_back(void **state)
{
    struct cpu_mask mask = {.words = {0x8000000000000001, 0, 5}, .count = 3};
    struct cpu_mask read;
    char text[CPU_MASK_TEXT_BYTES];

    (void)state;
    cpu_mask_text(&mask, text);
    assert_string_equal(text, "8000000000000001"
                              "0000000000000000"
                              "0000000000000005");
    assert_int_equal(cpu_mask_parse(text, &read), 0);
    assert_memory_equal(&read, &mask, sizeof read);
    for (size_t i = 0; i < CPU_MASK_WORDS; i++)
        mask.words[i] = UINT64_MAX - i;
    mask.count = CPU_MASK_WORDS;
    cpu_mask_text(&mask, text);
    assert_int_equal(cpu_mask_parse(text, &read), 0);
    assert_memory_equal(&read, &mask, sizeof read);
}

static void what_is_no_mask_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "3",
                                      "000000000000000g",
                                      "00000000000000030",
                                      " 000000000000003",
                                      "0x00000000000003"};
    char long_text[CPU_MASK_TEXT_BYTES + 16];
    struct cpu_mask mask;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        assert_int_equal(cpu_mask_parse(bad[i], &mask), -EINVAL);
    memset(long_text, '0', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(cpu_mask_parse(long_text, &mask), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mask_is_the_kernels),
        cmocka_unit_test(thread_is_held_where_it_is_and_let_go),
        cmocka_unit_test(text_is_read_back),
        cmocka_unit_test(what_is_no_mask_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
