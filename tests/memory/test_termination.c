/* Evidence to verdicts, and lines of the kernel's log. Context: tool. */
#include "tests/unit/support.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "handler/dumper/report_build.h"
#include "handler/dumper/termination.h"

#define MIB (1ull << 20)
#define LOG "Memory cgroup out of memory: Killed process 7 (a)"

static struct termination_facts facts;
static struct termination_verdict verdict;

/* SIGKILL seen; nothing else is known. */
static int start(void **state)
{
    (void)state;
    facts = (struct termination_facts){
        .supervisor = SUPERVISOR_SAW,
        .signal_number = SIGKILL,
        .cgroup_kills = TERMINATION_UNKNOWN,
        .system_kills = TERMINATION_UNKNOWN,
        .recent_kills = TERMINATION_UNKNOWN,
        .group_kills = TERMINATION_UNKNOWN,
        .silent_ms = TERMINATION_UNKNOWN,
        .rss_bytes = TERMINATION_UNKNOWN,
        .swap_bytes = TERMINATION_UNKNOWN,
        .peak_rss_bytes = TERMINATION_UNKNOWN,
        .used_bytes = TERMINATION_UNKNOWN,
        .limit_bytes = TERMINATION_UNKNOWN,
        .pressure_full_permille = UINT16_MAX,
        .where = "",
    };
    return 0;
}

/* It used the memory, and the counter moved just before its end. */
static void fill_victim(void)
{
    facts.cgroup_kills = 1;
    facts.recent_kills = 1;
    facts.silent_ms = 90;
    facts.period_ms = 100;
    facts.rss_bytes = 90 * MIB;
    facts.used_bytes = 99 * MIB;
    facts.limit_bytes = 100 * MIB;
}

static void expect(int cause, int grade)
{
    termination_judge(&facts, &verdict);
    assert_true(verdict.report);
    assert_int_equal(verdict.cause, cause);
    assert_int_equal(verdict.grade, grade);
    assert_true(verdict.evidence_count > 0);
}

static void expect_none(void)
{
    termination_judge(&facts, &verdict);
    assert_false(verdict.report);
}

#define OOM     INQUEST__V1__TERMINATION_CAUSE__OOM_KILL
#define KILLED  INQUEST__V1__TERMINATION_CAUSE__KILLED
#define UNKNOWN INQUEST__V1__TERMINATION_CAUSE__UNKNOWN
#define A       INQUEST__V1__GRADE__A
#define B       INQUEST__V1__GRADE__B
#define C       INQUEST__V1__GRADE__C

static void only_the_kernels_word_is_grade_a(void **state)
{
    (void)state;
    facts.kernel_log = LOG;
    expect(OOM, A);
    assert_non_null(strstr(verdict.evidence[1], LOG));
}

static void silence_of_the_log_clears_even_the_largest(void **state)
{
    (void)state;
    fill_victim();
    facts.kernel_log_read = true;
    expect(KILLED, B);
}

static void victim_without_log_is_grade_b(void **state)
{
    (void)state;
    fill_victim();
    expect(OOM, B);
}

static void late_death_is_grade_c(void **state)
{
    (void)state;
    fill_victim();
    facts.silent_ms = TERMINATION_NEAR_MS + 1;
    expect(OOM, C);
}

static void debugger_takes_a_grade(void **state)
{
    (void)state;
    fill_victim();
    facts.traced = true;
    expect(OOM, C);
}

static void small_bystander_is_not_oom_killed(void **state)
{
    (void)state;
    fill_victim();
    facts.rss_bytes = 4 * MIB;
    expect(KILLED, C);
}

static void what_is_swapped_counts_as_held(void **state)
{
    (void)state;
    fill_victim();
    facts.rss_bytes = 30 * MIB;
    facts.swap_bytes = 50 * MIB;
    expect(OOM, B);
    facts.swap_bytes = 20 * MIB; /* 50 of 119 */
    expect(KILLED, C);
    facts.swap_bytes = TERMINATION_UNKNOWN;
    expect(KILLED, C);
}

static void counter_that_did_not_move_means_killed(void **state)
{
    (void)state;
    fill_victim();
    facts.cgroup_kills = 0;
    facts.recent_kills = 0;
    facts.system_kills = 5; /* in other cgroups */
    expect(KILLED, B);
}

static void nothing_known_is_killed_of_grade_c(void **state)
{
    (void)state;
    expect(KILLED, C);
}

static void cpu_limit_is_killed(void **state)
{
    (void)state;
    facts.signal_number = SIGXCPU;
    expect(KILLED, B);
}

static bool is_told(const char *words)
{
    for (uint32_t i = 0; i < verdict.evidence_count; i++) {
        if (strstr(verdict.evidence[i], words))
            return true;
    }
    return false;
}

/* A fault in the loader: the log tells where, and it is no OOM kill. */
static void fault_without_a_box_is_killed(void **state)
{
    (void)state;
    facts.signal_number = SIGSEGV;
    facts.no_box = true;
    expect(KILLED, B);
    assert_true(is_told("nothing of ours was in it"));
    facts.kernel_log = "a[7]: segfault at 10 ip 0";
    expect(KILLED, A);
    assert_true(is_told("segfault at 10"));
    facts.no_box = false;
    expect(KILLED, A);
    assert_false(is_told("nothing of ours was in it"));
}

static void lack_of_a_mark_is_no_report(void **state)
{
    (void)state;
    facts.signal_number = 0;
    facts.supervisor = SUPERVISOR_NONE;
    expect_none();
    facts.supervisor = SUPERVISOR_ALIVE;
    fill_victim();
    expect_none();
}

static void unseen_death_with_counter_and_want_is_grade_c(void **state)
{
    (void)state;
    facts.signal_number = 0;
    facts.supervisor = SUPERVISOR_NONE;
    fill_victim();
    expect(OOM, C);
    facts.used_bytes = 50 * MIB; /* nobody was short of memory */
    facts.rss_bytes = 40 * MIB;
    expect_none();
}

/* Kills were counted, of the machine say, and nothing says who used what. */
static void own_memory_alone_acquits_nobody(void **state)
{
    (void)state;
    facts.system_kills = 1;
    facts.rss_bytes = 90 * MIB;
    expect(UNKNOWN, C);
    for (uint32_t i = 0; i < verdict.evidence_count; i++)
        assert_null(strstr(verdict.evidence[i], "was not the one"));
    facts.used_bytes = 900 * MIB;
    expect(INQUEST__V1__TERMINATION_CAUSE__KILLED, C);
}

static void death_with_the_supervisor_is_unknown(void **state)
{
    (void)state;
    facts.signal_number = 0;
    facts.supervisor = SUPERVISOR_DIED;
    expect(UNKNOWN, C);
    facts.restarted = true;
    expect(INQUEST__V1__TERMINATION_CAUSE__RESTARTED, C);
}

static void long_silence_is_said(void **state)
{
    (void)state;
    fill_victim();
    facts.silent_ms = 60000;
    expect(OOM, C);
    assert_non_null(
        strstr(verdict.evidence[verdict.evidence_count - 1], "frozen"));
}

/* In a sandbox, or as root that the program gave up. */
static void a_sampler_that_ended_accuses_nobody(void **state)
{
    (void)state;
    fill_victim();
    facts.silent_ms = 60000;
    facts.period_ms = 0;
    facts.sampler_ended = true;
    expect(OOM, C);
    assert_non_null(strstr(verdict.evidence[verdict.evidence_count - 1],
                           "60 s older than its end: the sampler had to end"));
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A box whose last sample is ten seconds old by CLOCK_BOOTTIME: no more, for
 * the machine may have started a minute ago. */
static uint64_t silence_of(uint64_t asleep_ms)
{
    static struct box box;
    const struct termination_hearsay hearsay = {.supervisor = SUPERVISOR_SAW};
    struct box_sample sample;
    uint64_t boot_ns = clock_ns(CLOCK_BOOTTIME);

    memset(&box, 0, sizeof box);
    box.identity.ring_epoch_boot_ns = boot_ns - 20ull * 1000000000u;
    box.sampler.clock_boot_ns = boot_ns - 10ull * 1000000000u;
    box.sampler.clock_monotonic_ns =
        clock_ns(CLOCK_MONOTONIC) - 10ull * 1000000000u + asleep_ms * 1000000u;
    box.sampler.period_ms = 1000;
    box_seal(&box.sampler, sizeof box.sampler, 1);
    memset(&sample, 0xff, sizeof sample);
    sample.time_ms = 10000;
    box_ring_append(box.seconds, BOX_SECONDS_COUNT, 1, &sample);
    termination_read_box(&box, &hearsay, &facts);
    return facts.silent_ms;
}

static void sleep_of_the_machine_is_no_silence(void **state)
{
    (void)state;
    assert_in_range(silence_of(0), 9900, 15000);
    assert_in_range(silence_of(9900), 0, 5100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_the_kernels_word_is_grade_a, start),
        cmocka_unit_test_setup(silence_of_the_log_clears_even_the_largest,
                               start),
        cmocka_unit_test_setup(victim_without_log_is_grade_b, start),
        cmocka_unit_test_setup(late_death_is_grade_c, start),
        cmocka_unit_test_setup(debugger_takes_a_grade, start),
        cmocka_unit_test_setup(small_bystander_is_not_oom_killed, start),
        cmocka_unit_test_setup(what_is_swapped_counts_as_held, start),
        cmocka_unit_test_setup(counter_that_did_not_move_means_killed, start),
        cmocka_unit_test_setup(nothing_known_is_killed_of_grade_c, start),
        cmocka_unit_test_setup(cpu_limit_is_killed, start),
        cmocka_unit_test_setup(fault_without_a_box_is_killed, start),
        cmocka_unit_test_setup(lack_of_a_mark_is_no_report, start),
        cmocka_unit_test_setup(unseen_death_with_counter_and_want_is_grade_c,
                               start),
        cmocka_unit_test_setup(own_memory_alone_acquits_nobody, start),
        cmocka_unit_test_setup(death_with_the_supervisor_is_unknown, start),
        cmocka_unit_test_setup(long_silence_is_said, start),
        cmocka_unit_test_setup(a_sampler_that_ended_accuses_nobody, start),
        cmocka_unit_test_setup(sleep_of_the_machine_is_no_silence, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
