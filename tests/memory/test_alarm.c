/* The alarm's rules but the slope's (test_leak_shapes). Context: tool. */
#include "tests/unit/support.h"

#include <stdbool.h>

#include "handler/sampler/alarm.h"

#define MIB 256u /* pages */

static struct alarm_settings settings;
static struct alarm_state state;
static struct alarm_sample now;
static struct box_alarm alarm;

static int begin(void **unused)
{
    (void)unused;
    settings = ALARM_DEFAULTS;
    state = (struct alarm_state){0};
    now = (struct alarm_sample){
        .time_ms = 1000,
        .own_pages = 50 * MIB,
        .used_pages = 60 * MIB,
        .limit_pages = 100 * MIB,
        .pressure_us = 0,
        .pressure_limit_pages = 100 * MIB,
    };
    return 0;
}

/* One more sample, a second later. */
static bool raised(void)
{
    now.time_ms += 1000;
    return alarm_next(&state, &settings, &now, &alarm);
}

static bool raised_at(uint32_t used_mib)
{
    now.used_pages = used_mib * MIB;
    return raised();
}

static void limit_is_told_on_the_way_up_only(void **unused)
{
    (void)unused;
    assert_false(raised_at(89));
    assert_true(raised_at(90));
    assert_int_equal(alarm.rule, BOX_ALARM_LIMIT);
    assert_int_equal(alarm.used_bytes, 90 << 20);
    assert_int_equal(alarm.limit_bytes, 100 << 20);
    assert_false(raised_at(95));
    now.time_ms += settings.interval_s * 1000ull;
    assert_false(raised_at(96)); /* it never fell */
    assert_false(raised_at(79));
    assert_true(raised_at(92));
}

static void each_rule_waits_for_its_interval(void **unused)
{
    (void)unused;
    assert_true(raised_at(90));
    assert_false(raised_at(50));
    assert_false(raised_at(90));
    now.time_ms += settings.interval_s * 1000ull;
    assert_true(raised_at(91));
}

static void who_holds_little_is_not_told_of_others(void **unused)
{
    (void)unused;
    now.own_pages = 9 * MIB;
    assert_false(raised_at(99));
    now.own_pages = 10 * MIB;
    assert_true(raised_at(99));
}

static void unknown_figures_raise_nothing(void **unused)
{
    (void)unused;
    now.limit_pages = BOX_UNKNOWN_U32;
    assert_false(raised_at(99));
    now.limit_pages = 100 * MIB;
    now.used_pages = BOX_UNKNOWN_U32;
    assert_false(raised());
    now.own_pages = BOX_UNKNOWN_U32;
    assert_false(raised_at(99));
}

/* Seconds of which stalled_ms went by waiting; how many alarms. */
static unsigned wait_for_memory(unsigned seconds, unsigned stalled_ms)
{
    unsigned count = 0;

    for (unsigned i = 0; i < seconds; i++) {
        now.pressure_us += stalled_ms * 1000u;
        count += raised();
    }
    return count;
}

static void pressure_is_the_share_of_ten_seconds(void **unused)
{
    (void)unused;
    assert_int_equal(wait_for_memory(60, 190), 0);
    assert_int_equal(wait_for_memory(21, 250), 1);
    assert_int_equal(alarm.rule, BOX_ALARM_PRESSURE);
    assert_in_range(alarm.pressure_permille, 200, 250);
    assert_int_equal(alarm.window_ms, 10000);
    assert_int_equal(wait_for_memory(60, 500), 0); /* told already */
}

static void pressure_of_others_is_not_ours(void **unused)
{
    (void)unused;
    now.own_pages = 5 * MIB;
    assert_int_equal(wait_for_memory(60, 900), 0);
}

static void pressure_that_was_there_before_does_not_count(void **unused)
{
    (void)unused;
    now.pressure_us = 3600ull * 1000000;
    assert_int_equal(wait_for_memory(60, 0), 0);
}

static void zero_switches_a_rule_off(void **unused)
{
    (void)unused;
    settings.limit_percent = 0;
    settings.pressure_percent = 0;
    settings.leak_s = 0;
    for (unsigned i = 0; i < 7200; i++) {
        now.own_pages += MIB;
        now.pressure_us += 900000;
        assert_false(raised_at(99));
    }
}

/* The clock is awake time: a night's sleep is no gap in the window. */
static void growth_of_a_day_with_pauses_is_still_a_leak(void **unused)
{
    bool found = false;

    (void)unused;
    settings.limit_percent = 0;
    for (unsigned i = 0; i < 5400 && !found; i++) {
        now.own_pages = 100 * MIB + i * MIB / 60;
        if (i % 700 == 0)
            now.time_ms += 20000; /* stopped for a while: intervals missing */
        found = raised();
    }
    assert_true(found);
    assert_int_equal(alarm.rule, BOX_ALARM_SLOPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(limit_is_told_on_the_way_up_only, begin),
        cmocka_unit_test_setup(each_rule_waits_for_its_interval, begin),
        cmocka_unit_test_setup(who_holds_little_is_not_told_of_others, begin),
        cmocka_unit_test_setup(unknown_figures_raise_nothing, begin),
        cmocka_unit_test_setup(pressure_is_the_share_of_ten_seconds, begin),
        cmocka_unit_test_setup(pressure_of_others_is_not_ours, begin),
        cmocka_unit_test_setup(pressure_that_was_there_before_does_not_count,
                               begin),
        cmocka_unit_test_setup(zero_switches_a_rule_off, begin),
        cmocka_unit_test_setup(growth_of_a_day_with_pauses_is_still_a_leak,
                               begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
