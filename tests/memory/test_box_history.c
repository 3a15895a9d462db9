/* Three rings as one series, on clocks that move. Context: tool. */
#include "tests/unit/support.h"

#include <string.h>

#include "proto/box_history.h"

#define EPOCH_UNIX_MS 1000000000000ull

static struct box box;
static struct box_point points[BOX_HISTORY_MAX];

static int clear(void **state)
{
    (void)state;
    memset(&box, 0, sizeof box);
    box.identity.ring_epoch_unix_ms = EPOCH_UNIX_MS;
    return 0;
}

static void add(struct box_sample *ring, uint32_t count, uint32_t sequence,
                uint64_t time_ms)
{
    struct box_sample sample = {.time_ms = (uint32_t)time_ms};

    box_ring_append(ring, count, sequence, &sample);
}

static void seal_sampler(uint64_t boot_ms, uint64_t unix_ms)
{
    box.sampler.clock_boot_ns = boot_ms * 1000000u;
    box.sampler.clock_unix_ms = unix_ms;
    box_seal(&box.sampler, sizeof box.sampler, 1);
}

static void finer_ring_wins_where_it_reaches(void **state)
{
    (void)state;
    add(box.minutes, BOX_MINUTES_COUNT, 1, 1000);
    add(box.minutes, BOX_MINUTES_COUNT, 2, 150000);
    add(box.tens, BOX_TENS_COUNT, 1, 100000);
    add(box.tens, BOX_TENS_COUNT, 2, 210000);
    add(box.seconds, BOX_SECONDS_COUNT, 1, 200000);
    add(box.seconds, BOX_SECONDS_COUNT, 2, 220000);
    assert_int_equal(box_history_read(&box, points), 4);
    assert_int_equal(points[0].unix_ms, EPOCH_UNIX_MS + 1000);
    assert_int_equal(points[1].unix_ms, EPOCH_UNIX_MS + 100000);
    assert_int_equal(points[2].unix_ms, EPOCH_UNIX_MS + 200000);
    assert_int_equal(points[3].unix_ms, EPOCH_UNIX_MS + 220000);
}

static void clock_that_was_set_moves_all_samples(void **state)
{
    (void)state;
    seal_sampler(5000, EPOCH_UNIX_MS + 5000 - 3600000); /* an hour back */
    add(box.seconds, BOX_SECONDS_COUNT, 1, 4000);
    assert_int_equal(box_history_read(&box, points), 1);
    assert_int_equal(points[0].unix_ms, EPOCH_UNIX_MS + 4000 - 3600000);
    assert_int_equal(points[0].boot_ms, 4000);
}

/* time_ms has 32 bits: 49 days and 17 hours. */
static void history_goes_on_beyond_49_days(void **state)
{
    const uint64_t days_60 = 60ull * 86400000;

    (void)state;
    seal_sampler(days_60, EPOCH_UNIX_MS + days_60);
    add(box.minutes, BOX_MINUTES_COUNT, 1, days_60 - 86000000);
    add(box.seconds, BOX_SECONDS_COUNT, 1, days_60 - 1000);
    add(box.seconds, BOX_SECONDS_COUNT, 2, days_60 + 1000);
    assert_int_equal(box_history_read(&box, points), 3);
    assert_int_equal(points[0].unix_ms, EPOCH_UNIX_MS + days_60 - 86000000);
    assert_int_equal(points[2].unix_ms, EPOCH_UNIX_MS + days_60 + 1000);
}

static void times_that_fall_are_left_out(void **state)
{
    (void)state;
    add(box.seconds, BOX_SECONDS_COUNT, 1, 5000);
    add(box.seconds, BOX_SECONDS_COUNT, 2, 4000);
    add(box.seconds, BOX_SECONDS_COUNT, 3, 6000);
    assert_int_equal(box_history_read(&box, points), 2);
}

static void torn_sampler_record_is_unknown(void **state)
{
    struct box_sampler sampler;

    (void)state;
    seal_sampler(1, 1);
    assert_true(box_sampler_read(&box, &sampler));
    box.sampler.oom_kills ^= 1;
    assert_false(box_sampler_read(&box, &sampler));
    assert_int_equal(sampler.oom_kills, BOX_UNKNOWN_U64);
    assert_int_equal(sampler.error[BOX_SOURCE_STATM], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finer_ring_wins_where_it_reaches, clear),
        cmocka_unit_test_setup(clock_that_was_set_moves_all_samples, clear),
        cmocka_unit_test_setup(history_goes_on_beyond_49_days, clear),
        cmocka_unit_test_setup(times_that_fall_are_left_out, clear),
        cmocka_unit_test_setup(torn_sampler_record_is_unknown, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
