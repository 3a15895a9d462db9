/* Whether a clock may be believed. Context: tool. */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "reporter/queue/wall_clock.h"
#include "reporter/state_file.h"

#define NOW   1790000000000ll
#define DAY   86400000ll
#define MONTH WALL_CLOCK_STEP_MS

static struct wall_clock look(int64_t seen_ms, int64_t steady_ms, int64_t at_ms)
{
    return wall_clock_look((struct wall_clock){seen_ms, steady_ms}, at_ms);
}

static void a_clock_never_seen_is_steady_from_now_on(void **state)
{
    (void)state;
    assert_int_equal(look(0, 0, NOW).steady_ms, NOW);
    assert_int_equal(look(0, 0, NOW).seen_ms, NOW);
}

static void within_a_month_it_stays_steady(void **state)
{
    (void)state;
    assert_int_equal(look(NOW - MONTH, DAY, NOW).steady_ms, DAY);
    assert_int_equal(look(NOW + MONTH, DAY, NOW).steady_ms, DAY);
    assert_int_equal(look(NOW - MONTH, DAY, NOW).seen_ms, NOW);
}

static void a_jump_forth_or_back_begins_anew(void **state)
{
    (void)state;
    assert_int_equal(look(NOW - MONTH - 1, DAY, NOW).steady_ms, NOW);
    assert_int_equal(look(NOW + MONTH + 1, DAY, NOW).steady_ms, NOW);
    /* back behind what it was steady from */
    assert_int_equal(look(NOW + 2, NOW + 1, NOW).steady_ms, NOW);
}

static void believed_when_steady_for_so_long(void **state)
{
    OWNED_FD dir_fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_false(wall_clock_believed(dir_fd, NOW, 2 * DAY));
    assert_false(wall_clock_believed(dir_fd, NOW + 2 * DAY - 1, 2 * DAY));
    assert_true(wall_clock_believed(dir_fd, NOW + 2 * DAY, 2 * DAY));
    /* a month is long enough for any limit */
    assert_false(wall_clock_believed(dir_fd, NOW + MONTH - 1, 90 * DAY));
    assert_true(wall_clock_believed(dir_fd, NOW + MONTH, 90 * DAY));
}

static void years_ahead_and_back_are_doubted_both_ways(void **state)
{
    OWNED_FD dir_fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (int i = 0; i <= 31; i++)
        (void)wall_clock_believed(dir_fd, NOW + i * DAY, MONTH);
    assert_true(wall_clock_believed(dir_fd, NOW + 31 * DAY, MONTH));
    assert_false(wall_clock_believed(dir_fd, NOW + 3650 * DAY, MONTH));
    assert_false(wall_clock_believed(dir_fd, NOW + 3660 * DAY, MONTH));
    assert_false(wall_clock_believed(dir_fd, NOW + 32 * DAY, MONTH));
    assert_true(wall_clock_believed(dir_fd, NOW + 62 * DAY, MONTH));
}

static void a_damaged_file_is_doubt(void **state)
{
    static const char text[] = "seen = -3\nsteady = 99999999999999999999\n";
    OWNED_FD dir_fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct span data = {(const uint8_t *)text, sizeof text - 1};

    assert_int_equal(state_file_write(dir_fd, "clock", data), 0);
    assert_false(wall_clock_believed(dir_fd, NOW, DAY));
    assert_true(wall_clock_believed(dir_fd, NOW + DAY, DAY));
}

#define WITH_DIRECTORY(test)                                      \
    cmocka_unit_test_setup_teardown(test, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_never_seen_is_steady_from_now_on),
        cmocka_unit_test(within_a_month_it_stays_steady),
        cmocka_unit_test(a_jump_forth_or_back_begins_anew),
        WITH_DIRECTORY(believed_when_steady_for_so_long),
        WITH_DIRECTORY(years_ahead_and_back_are_doubted_both_ways),
        WITH_DIRECTORY(a_damaged_file_is_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
