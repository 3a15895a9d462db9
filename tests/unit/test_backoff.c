/* Back-off, Retry-After and what an answer means. Context: tool. */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "reporter/state_file.h"
#include "reporter/upload/backoff.h"
#include "reporter/upload/upload_verdict.h"

#define NOW_S  1795519861 /* 2026-11-24T11:31:01Z, a Tuesday */
#define DRAWS  4096
#define HOUR_S 3600
#define RANDOM 0x9e3779b97f4a7c15u /* golden ratio: spreads small numbers */

/* The longest and shortest wait over many seeds. */
static void extremes(unsigned attempt, int64_t *ret_low, int64_t *ret_high)
{
    *ret_low = INT64_MAX;
    *ret_high = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        int64_t wait = backoff_next(attempt, NOW_S, i * RANDOM) - NOW_S;
        *ret_low = wait < *ret_low ? wait : *ret_low;
        *ret_high = wait > *ret_high ? wait : *ret_high;
    }
}

static void window_doubles_and_jitter_fills_all_of_it(void **state)
{
    int64_t window = BACKOFF_BASE_S;
    int64_t low = 0;
    int64_t high = 0;

    (void)state;
    for (unsigned attempt = 1; attempt <= 8; attempt++) {
        extremes(attempt, &low, &high);
        assert_in_range(low, 1, 1 + window / 50);
        assert_in_range(high, window - window / 50, window);
        window *= 2;
    }
}

static void who_waits_for_it_waits_for_seconds(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        assert_int_equal(backoff_next_watched(1, 100, seed), 101);
        assert_in_range(backoff_next_watched(3, 100, seed), 101, 104);
        assert_in_range(backoff_next_watched(1000, 100, seed), 101,
                        100 + BACKOFF_WATCHED_S);
    }
    assert_int_equal(backoff_next_watched(1000, 100, BACKOFF_WATCHED_S - 1),
                     100 + BACKOFF_WATCHED_S);
}

static void wait_never_exceeds_its_bound(void **state)
{
    static const unsigned attempts[] = {0, 20, 64, 100000, UINT32_MAX};
    int64_t low = 0;
    int64_t high = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(attempts); i++) {
        extremes(attempts[i], &low, &high);
        assert_true(low >= 1);
        assert_true(high <= BACKOFF_MAX_S);
    }
}

static void seconds_are_added_to_now(void **state)
{
    int64_t time_s = 0;

    (void)state;
    assert_int_equal(backoff_retry_after("120", NOW_S, &time_s), 0);
    assert_int_equal(time_s, NOW_S + 120);
    assert_int_equal(backoff_retry_after("0", NOW_S, &time_s), 0);
    assert_int_equal(time_s, NOW_S);
}

static void all_three_date_forms_are_read(void **state)
{
    static const char *const forms[] = {"Tue, 24 Nov 2026 11:35:01 GMT",
                                        "Tuesday, 24-Nov-26 11:35:01 GMT",
                                        "Tue Nov 24 11:35:01 2026"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        int64_t time_s = 0;
        assert_int_equal(backoff_retry_after(forms[i], NOW_S, &time_s), 0);
        assert_int_equal(time_s, NOW_S + 240);
    }
}

static void server_cannot_silence_us_for_longer_than_a_day(void **state)
{
    static const char *const forever[] = {"86401", "99999999999999999999999999",
                                          "Fri, 24 Nov 2096 11:31:01 GMT"};
    int64_t time_s = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(forever); i++) {
        assert_int_equal(backoff_retry_after(forever[i], NOW_S, &time_s), 0);
        assert_int_equal(time_s, NOW_S + BACKOFF_SERVER_S);
    }
    assert_int_equal(
        backoff_retry_after("Tue, 24 Nov 2020 11:31:01 GMT", NOW_S, &time_s),
        0);
    assert_int_equal(time_s, NOW_S); /* past: now, not earlier */
}

static void garbage_asks_for_nothing(void **state)
{
    static const char *const garbage[] = {"",          "soon", "-5",
                                          "12 apples", "1.5",  "0x10",
                                          "Tue, ",     "12\n", "99 Nov 2026"};
    int64_t time_s = -1;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(garbage); i++) {
        assert_int_equal(backoff_retry_after(garbage[i], NOW_S, &time_s),
                         -ERR_FORMAT);
        assert_int_equal(time_s, -1);
    }
}

static void back_off_outlives_its_process(void **state)
{
    struct backoff written = {.attempt = 7, .next_s = NOW_S, .by_server = true};
    struct backoff read;
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    backoff_read(fd, &read);
    assert_int_equal(read.attempt, 0);
    assert_int_equal(backoff_write(fd, &written), 0);
    backoff_read(fd, &read);
    assert_int_equal(read.attempt, 7);
    assert_int_equal(read.next_s, NOW_S);
    assert_true(read.by_server);
}

static void unreadable_back_off_counts_as_none(void **state)
{
    static const char text[] = "attempt = 3\nnext"; /* cut off */
    struct backoff read;
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_int_equal(
        state_file_write(fd, "backoff",
                         (struct span){(const uint8_t *)text, sizeof text - 1}),
        0);
    backoff_read(fd, &read);
    assert_int_equal(read.attempt, 0);
    assert_int_equal(read.next_s, 0);
}

static void clock_that_jumped_back_does_not_stop_sending(void **state)
{
    struct backoff far = {.attempt = 1,
                          .next_s = NOW_S + 10L * 365 * 24 * HOUR_S};
    struct backoff near = {.attempt = 1, .next_s = NOW_S + HOUR_S};
    struct backoff day = {.attempt = 1, .next_s = NOW_S + 24 * HOUR_S};
    struct backoff asked = day;

    asked.by_server = true;
    (void)state;
    assert_false(backoff_waits(&far, NOW_S));
    assert_true(backoff_waits(&near, NOW_S));
    assert_false(backoff_waits(&near, NOW_S + HOUR_S));
    assert_false(backoff_waits(&day, NOW_S)); /* not by us */
    assert_true(backoff_waits(&asked, NOW_S));
}

static void every_status_has_its_verdict(void **state)
{
    static const struct {
        long status;
        enum upload_verdict verdict;
    } rows[] = {
        {200, UPLOAD_ACCEPTED}, {202, UPLOAD_ACCEPTED}, {400, UPLOAD_REJECTED},
        {413, UPLOAD_REJECTED}, {415, UPLOAD_REJECTED}, {422, UPLOAD_REJECTED},
        {401, UPLOAD_STOP},     {403, UPLOAD_STOP},     {404, UPLOAD_STOP},
        {405, UPLOAD_STOP},     {201, UPLOAD_STOP},     {204, UPLOAD_STOP},
        {301, UPLOAD_STOP},     {302, UPLOAD_STOP},     {308, UPLOAD_STOP},
        {408, UPLOAD_RETRY},    {429, UPLOAD_RETRY},    {500, UPLOAD_RETRY},
        {502, UPLOAD_RETRY},    {503, UPLOAD_RETRY},    {504, UPLOAD_RETRY},
        {599, UPLOAD_RETRY},    {600, UPLOAD_STOP},     {0, UPLOAD_RETRY},
        {999, UPLOAD_STOP},     {-1, UPLOAD_STOP},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_int_equal(upload_verdict(rows[i].status), rows[i].verdict);
}

#define IN_DIRECTORY(test)                                        \
    cmocka_unit_test_setup_teardown(test, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_doubles_and_jitter_fills_all_of_it),
        cmocka_unit_test(who_waits_for_it_waits_for_seconds),
        cmocka_unit_test(wait_never_exceeds_its_bound),
        cmocka_unit_test(seconds_are_added_to_now),
        cmocka_unit_test(all_three_date_forms_are_read),
        cmocka_unit_test(server_cannot_silence_us_for_longer_than_a_day),
        cmocka_unit_test(garbage_asks_for_nothing),
        IN_DIRECTORY(back_off_outlives_its_process),
        IN_DIRECTORY(unreadable_back_off_counts_as_none),
        cmocka_unit_test(clock_that_jumped_back_does_not_stop_sending),
        cmocka_unit_test(every_status_has_its_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
