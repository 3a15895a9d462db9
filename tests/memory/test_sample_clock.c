/* Suspended machines and clocks that are set. Context: tool. */
#include "tests/unit/support.h"

#include <string.h>

#include "handler/sampler/alarm.h"
#include "handler/sampler/sample_clock.h"

#define HOUR_MS 3600000
#define DAY_MS  86400000
#define MIB     256u /* pages */

static struct sample_clock watch;
static struct sample_moment now;
static struct box_sampler known;

static int begin(void **state)
{
    (void)state;
    now = (struct sample_moment){1000, 1000, 1700000000000};
    memset(&known, 0, sizeof known);
    sample_clock_begin(&watch, &now);
    return 0;
}

/* A second that all three saw, after asleep_ms and a step. */
static uint8_t next(int64_t asleep_ms, int64_t step_ms)
{
    now.monotonic_ms += 1000;
    now.boot_ms += 1000 + asleep_ms;
    now.real_ms += 1000 + asleep_ms + step_ms;
    return sample_clock_next(&watch, &now, &known);
}

static void ordinary_seconds_are_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(next(0, i % 3 - 1), 0);
    assert_int_equal(known.suspended_ms, 0);
    assert_int_equal(known.clock_steps, 0);
}

static void sleep_is_told_once_and_is_no_step(void **state)
{
    (void)state;
    assert_int_equal(next(8LL * HOUR_MS, 0), BOX_SAMPLE_RESUMED);
    assert_int_equal(next(0, 0), 0);
    assert_int_equal(next(HOUR_MS, 0), BOX_SAMPLE_RESUMED);
    assert_int_equal(known.suspended_ms, 9 * HOUR_MS);
    assert_int_equal(known.clock_steps, 0);
}

static void clock_that_is_set_is_no_sleep(void **state)
{
    (void)state;
    assert_int_equal(next(0, DAY_MS), BOX_SAMPLE_STEPPED);
    assert_int_equal(next(0, -2 * DAY_MS), BOX_SAMPLE_STEPPED);
    assert_int_equal(known.clock_steps, 2);
    assert_int_equal(known.suspended_ms, 0);
}

static void clock_that_is_slewed_is_left_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(next(0, 400), 0);
}

static void both_at_once_are_both(void **state)
{
    (void)state;
    assert_int_equal(next(HOUR_MS, -5000),
                     BOX_SAMPLE_RESUMED | BOX_SAMPLE_STEPPED);
}

/* Suspended each minute: what leaks is seen in awake time. */
static void night_between_samples_hides_no_leak(void **state)
{
    const struct alarm_settings settings = ALARM_DEFAULTS;
    static struct alarm_state alarm_state;
    struct box_alarm alarm;
    uint32_t second = 0;
    bool found = false;

    (void)state;
    while (!found && second < 2 * 3600) {
        (void)next(second % 60 == 59 ? 8LL * HOUR_MS : 0, 0);
        const struct alarm_sample sample = {
            .time_ms =
                sample_clock_awake_ms((uint64_t)now.boot_ms - 1000, &known),
            .own_pages = 100 * MIB + second++ * MIB / 30,
            .used_pages = BOX_UNKNOWN_U32,
            .limit_pages = BOX_UNKNOWN_U32,
            .pressure_us = BOX_UNKNOWN_U64,
        };
        found = alarm_next(&alarm_state, &settings, &sample, &alarm);
    }
    assert_true(found);
    assert_in_range(second, 3590, 3700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ordinary_seconds_are_nothing, begin),
        cmocka_unit_test_setup(sleep_is_told_once_and_is_no_step, begin),
        cmocka_unit_test_setup(clock_that_is_set_is_no_sleep, begin),
        cmocka_unit_test_setup(clock_that_is_slewed_is_left_alone, begin),
        cmocka_unit_test_setup(both_at_once_are_both, begin),
        cmocka_unit_test_setup(night_between_samples_hides_no_leak, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
