/* Rings and rate of the sampler: pure functions. Context: tool. */
#include "tests/unit/support.h"

#include <string.h>

#include "handler/sampler/sample_rate.h"
#include "handler/sampler/sample_rings.h"

#define MIB 256u /* pages */

static struct box box;
static struct sample_rings rings;
static struct sample_rate rate;

static int clear(void **state)
{
    (void)state;
    memset(&box, 0, sizeof box);
    rings = (struct sample_rings){0};
    rate = (struct sample_rate){0};
    return 0;
}

static struct box_sample resident(uint32_t pages)
{
    struct box_sample sample;

    memset(&sample, 0xff, sizeof sample);
    sample.rss_pages = pages;
    sample.flags = 0;
    sample.cgroup_oom_events = 0;
    sample.cgroup_oom_kill_events = 0;
    sample.minor_faults = 1;
    sample.pressure_some_permille = 0;
    return sample;
}

static void add(uint64_t elapsed_ms, uint32_t pages)
{
    struct box_sample sample = resident(pages);

    sample_rings_add(&rings, &box, elapsed_ms, &sample);
}

static void coarse_ring_keeps_the_peak_and_sums_the_counts(void **state)
{
    struct box_sample samples[BOX_TENS_COUNT];

    (void)state;
    for (unsigned second = 0; second <= 10; second++)
        add(second * 1000, second == 4 ? 9000 : 100 + second);
    assert_int_equal(box_ring_read(box.tens, BOX_TENS_COUNT, samples), 1);
    assert_int_equal(samples[0].rss_pages, 9000);
    assert_int_equal(samples[0].time_ms, 4000);
    assert_int_equal(samples[0].minor_faults, 10);
}

static void a_day_fills_three_rings(void **state)
{
    static struct box_sample samples[BOX_TENS_COUNT];

    (void)state;
    for (uint64_t second = 0; second <= 86400 + 240; second++)
        add(second * 1000, (uint32_t)second);
    assert_int_equal(box_ring_read(box.seconds, BOX_SECONDS_COUNT, samples),
                     BOX_SECONDS_COUNT);
    assert_int_equal(samples[0].rss_pages, 86400 + 240 - 599);
    assert_int_equal(box_ring_read(box.tens, BOX_TENS_COUNT, samples),
                     BOX_TENS_COUNT);
    assert_int_equal(box_ring_read(box.minutes, BOX_MINUTES_COUNT, samples),
                     BOX_MINUTES_COUNT);
    assert_true(samples[0].rss_pages <= 240 + 120);
}

static uint32_t next(uint64_t elapsed_ms, struct box_sample *sample)
{
    return sample_rate_next(&rate, elapsed_ms, sample, 0);
}

static void flat_minute_slows_down_and_movement_wakes(void **state)
{
    struct box_sample sample = resident(100 * MIB);
    uint32_t period = 0;

    (void)state;
    for (uint64_t ms = 1000; ms <= 60000; ms += 1000) {
        period = next(ms, &sample);
        assert_int_equal(period, SAMPLE_NORMAL_MS);
    }
    assert_int_equal(next(61000, &sample), SAMPLE_SLOW_MS);
    sample.rss_pages += 2 * MIB;
    assert_int_equal(next(66000, &sample), SAMPLE_NORMAL_MS);
}

static void near_limit_goes_to_ten_hertz_and_back(void **state)
{
    struct box_sample sample = resident(10 * MIB);

    (void)state;
    sample.cgroup_limit_pages = 1000 * MIB;
    sample.cgroup_current_pages = 100 * MIB;
    assert_int_equal(next(1000, &sample), SAMPLE_NORMAL_MS);
    sample.cgroup_current_pages = 200 * MIB; /* 800 left at 50 a second */
    assert_int_equal(next(2000, &sample), SAMPLE_FAST_MS);
    uint64_t ms = 2000;
    while (next(ms += 100, &sample) == SAMPLE_FAST_MS)
        assert_true(ms < 20000);
    assert_true(ms >= 2000 + SAMPLE_FAST_HOLD_MS);
}

static void near_the_limit_is_never_flat(void **state)
{
    struct box_sample sample = resident(90 * MIB);

    (void)state;
    sample.cgroup_limit_pages = 100 * MIB;
    sample.cgroup_current_pages = 90 * MIB;
    for (uint64_t ms = 1000; ms <= 300000; ms += 1000)
        assert_int_equal(next(ms, &sample), SAMPLE_NORMAL_MS);
}

static void file_cache_is_not_growth_towards_the_limit(void **state)
{
    struct box_sample sample = resident(10 * MIB);

    (void)state;
    sample.cgroup_limit_pages = 1000 * MIB;
    for (uint32_t second = 1; second < 50; second++) {
        sample.cgroup_current_pages = second * 19 * MIB;
        assert_int_equal(sample_rate_next(&rate, second * 1000ull, &sample,
                                          sample.cgroup_current_pages - MIB),
                         SAMPLE_NORMAL_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(coarse_ring_keeps_the_peak_and_sums_the_counts,
                               clear),
        cmocka_unit_test_setup(a_day_fills_three_rings, clear),
        cmocka_unit_test_setup(flat_minute_slows_down_and_movement_wakes,
                               clear),
        cmocka_unit_test_setup(near_limit_goes_to_ten_hertz_and_back, clear),
        cmocka_unit_test_setup(near_the_limit_is_never_flat, clear),
        cmocka_unit_test_setup(file_cache_is_not_growth_towards_the_limit,
                               clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
