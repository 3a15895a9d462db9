/*
 * Every combination of what may be known of a death: none accuses without
 * evidence, prints what is not known as a number, or leaves out a sentence
 * for want of room; and where the facts come from. Context: tool.
 */
#include "tests/unit/support.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "handler/dumper/report_build.h"

#define MIB     (1ull << 20)
#define LOG     "Memory cgroup out of memory: Killed process 7 (a)"
#define NO      TERMINATION_UNKNOWN
#define OOM     INQUEST__V1__TERMINATION_CAUSE__OOM_KILL
#define UNKNOWN INQUEST__V1__TERMINATION_CAUSE__UNKNOWN

static struct box box;
static struct termination_facts facts;
static struct termination_verdict verdict;

static const struct {
    uint64_t *fact;
    uint64_t values[3];
    size_t count;
} choices[] = {
    {&facts.cgroup_kills, {NO, 0, 2}, 3},
    {&facts.system_kills, {NO, 0, 2}, 3},
    {&facts.recent_kills, {NO, 1}, 2},
    {&facts.group_kills, {NO, 1}, 2},
    {&facts.silent_ms, {NO, 90, 60000}, 3},
    {&facts.rss_bytes, {NO, 10 * MIB, 99 * MIB}, 3},
    {&facts.swap_bytes, {NO, 5 * MIB}, 2},
    {&facts.peak_rss_bytes, {NO, 99 * MIB}, 2},
    {&facts.used_bytes, {NO, 99 * MIB}, 2},
    {&facts.limit_bytes, {NO, 100 * MIB}, 2},
};

static void start(void)
{
    facts = (struct termination_facts){.supervisor = SUPERVISOR_SAW,
                                       .signal_number = SIGKILL,
                                       .period_ms = 1000,
                                       .where = ""};
    for (size_t i = 0; i < ARRAY_LENGTH(choices); i++)
        *choices[i].fact = choices[i].values[0];
}

/* The next combination; false after the last. */
static bool choose(size_t chosen[ARRAY_LENGTH(choices)])
{
    for (size_t i = 0; i < ARRAY_LENGTH(choices); i++) {
        bool more = ++chosen[i] < choices[i].count;
        chosen[i] = more ? chosen[i] : 0;
        *choices[i].fact = choices[i].values[chosen[i]];
        if (more)
            return true;
    }
    return false;
}

static bool is_counted(uint64_t kills)
{
    return kills != NO && kills > 0;
}

static void check(void)
{
    termination_judge(&facts, &verdict);
    /* At the limit one may have been left out. */
    assert_true(verdict.evidence_count < TERMINATION_EVIDENCE_MAX);
    for (uint32_t i = 0; i < verdict.evidence_count; i++) {
        if (strstr(verdict.evidence[i], "1844674407370955") ||
            strstr(verdict.evidence[i], "17592186044415"))
            fail_msg("%s", verdict.evidence[i]);
    }
    if (!verdict.report)
        return;
    assert_true(verdict.evidence_count > 0);
    if (verdict.grade == INQUEST__V1__GRADE__A)
        assert_non_null(facts.kernel_log);
    if (verdict.cause == OOM) {
        assert_true(facts.kernel_log || is_counted(facts.cgroup_kills) ||
                    is_counted(facts.system_kills));
    }
    if (facts.signal_number == 0 && !facts.kernel_log)
        assert_int_equal(verdict.grade, INQUEST__V1__GRADE__C);
}

static void no_combination_accuses_without_evidence(void **state)
{
    static const int signals[] = {0, SIGKILL, SIGXCPU};
    size_t chosen[ARRAY_LENGTH(choices)] = {0};
    uint32_t most = 0;

    (void)state;
    start();
    do {
        for (int i = 0; i < 3 * 4 * 3 * 2; i++) {
            facts.signal_number = signals[i % 3];
            facts.supervisor = (enum termination_supervisor)(i / 3 % 4);
            facts.kernel_log_read = i / 12 % 3 != 0;
            facts.kernel_log = i / 12 % 3 == 2 ? LOG : NULL;
            facts.pressure_full_permille = i / 36 ? 900 : UINT16_MAX;
            facts.traced = facts.moved = facts.no_box = i / 36;
            facts.crashing = i / 36;
            check();
            most =
                most > verdict.evidence_count ? most : verdict.evidence_count;
        }
    } while (choose(chosen));
    printf("at most %u sentences\n", most);
}

static void whole_cgroup_killed_is_grade_b(void **state)
{
    (void)state;
    start();
    facts.cgroup_kills = 3;
    facts.group_kills = 1;
    check();
    assert_int_equal(verdict.cause, OOM);
    assert_int_equal(verdict.grade, INQUEST__V1__GRADE__B);
    assert_string_equal(verdict.evidence[2], "the kernel killed its whole "
                                             "cgroup (memory.oom.group)");
}

static void counted_kill_without_a_sample_is_unknown(void **state)
{
    (void)state;
    start();
    facts.cgroup_kills = 1;
    check();
    assert_int_equal(verdict.cause, UNKNOWN);
    assert_int_equal(verdict.grade, INQUEST__V1__GRADE__C);
}

static void check_facts(uint64_t kills, uint64_t cgroup_kills, uint64_t recent,
                        uint64_t system_kills)
{
    const struct termination_hearsay hearsay = {
        .cgroup_kills = kills,
        .cgroup_kills_start = 1,
        .system_kills = kills,
        .system_kills_start = 1,
        .group_kills = kills,
        .group_kills_start = NO,
    };
    struct termination_facts read;

    termination_read_box(&box, &hearsay, &read);
    assert_true(read.cgroup_kills == cgroup_kills);
    assert_true(read.recent_kills == recent);
    assert_true(read.system_kills == system_kills);
    assert_true(read.group_kills == NO);
}

/* A counter that is lower than before is another one's. */
static void kills_are_counted_from_the_start(void **state)
{
    (void)state;
    memset(&box, 0, sizeof box);
    check_facts(5, 4, NO, 4); /* as the supervisor saw it */
    box.sampler.oom_kills_start = 3;
    box.sampler.oom_kills = 4;
    box.sampler.system_oom_kills_start = BOX_UNKNOWN_U64;
    box_seal(&box.sampler, sizeof box.sampler, 1);
    check_facts(5, 2, 1, NO);
    check_facts(2, NO, NO, NO);
    check_facts(NO, NO, NO, NO);
}

static void swap_is_what_a_sample_of_late_says(void **state)
{
    static const struct {
        uint32_t before_ms, pages;
        uint64_t bytes;
    } cases[] = {{20000, 5, 5 * 4096ull},
                 {20001, 5, NO},
                 {20000, BOX_UNKNOWN_U32, NO},
                 {0, 5, 5 * 4096ull}};
    const struct termination_hearsay hearsay = {.supervisor = SUPERVISOR_SAW};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct box_sample sample = {.swap_pages = cases[i].pages};
        struct termination_facts read;
        memset(&box, 0, sizeof box);
        box.identity.ring_epoch_boot_ns = UINT64_MAX / 2; /* not yet */
        sample.time_ms = 100000 - cases[i].before_ms;
        box_ring_append(box.seconds, BOX_SECONDS_COUNT, 1, &sample);
        sample.time_ms = 100000;
        sample.swap_pages = BOX_UNKNOWN_U32;
        if (cases[i].before_ms > 0)
            box_ring_append(box.seconds, BOX_SECONDS_COUNT, 2, &sample);
        termination_read_box(&box, &hearsay, &read);
        assert_true(read.swap_bytes == cases[i].bytes);
        assert_true(read.silent_ms == NO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_combination_accuses_without_evidence),
        cmocka_unit_test(whole_cgroup_killed_is_grade_b),
        cmocka_unit_test(counted_kill_without_a_sample_is_unknown),
        cmocka_unit_test(kills_are_counted_from_the_start),
        cmocka_unit_test(swap_is_what_a_sample_of_late_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
