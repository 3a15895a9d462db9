/* Versions in order, and the upgrade status that follows. Context: tool. */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/fd.h"
#include "reporter/app/app_history.h"

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

static void versions_are_ordered_as_dpkg_orders_them(void **state)
{
    /* Each is earlier than the next (deb-version(7), "Sorting algorithm"). */
    static const char *const versions[] = {"0~rc1",
                                           "0",
                                           "1.0~~",
                                           "1.0~~a",
                                           "1.0~",
                                           "1.0",
                                           "1.0a",
                                           "1.0+b1",
                                           "1.0-1",
                                           "1.2",
                                           "1.9",
                                           "1.10",
                                           "1.10-1",
                                           "1.10-1+b2",
                                           "1.10-2",
                                           "2",
                                           "10.0",
                                           "99999999999999999998",
                                           "99999999999999999999",
                                           "1:0.1",
                                           "2:0"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
        for (size_t j = 0; j < ARRAY_LENGTH(versions); j++) {
            assert_int_equal(
                sign(app_version_compare(versions[i], versions[j])),
                sign((int)i - (int)j));
        }
    }
    assert_int_equal(app_version_compare("1.02", "1.2"), 0);
}

static void upgrade_status_follows_from_the_runs(void **state)
{
    static const struct {
        const char *version;
        int64_t start_ms;
        enum app_upgrade status;
        const char *previous;
    } runs[] = {
        {"1.0", 100, APP_NEW, ""},
        {"1.0", 200, APP_SAME, "1.0"},
        {"1.0", 300, APP_SAME, "1.0"},
        {"1.1", 400, APP_UPGRADED, "1.0"},
        {"1.1", 500, APP_SAME, "1.1"},
        {"1.0", 600, APP_DOWNGRADED, "1.1"},
        {"1.10", 700, APP_UPGRADED, "1.0"},
        {"1.9", 800, APP_DOWNGRADED, "1.10"},
    };
    static struct app_history history;
    char previous[APP_VERSION_BYTES];

    (void)state;
    history = (struct app_history){0};
    for (size_t i = 0; i < ARRAY_LENGTH(runs); i++)
        (void)app_history_note(&history, runs[i].version, runs[i].start_ms);
    /* Asked long afterwards, and some ms after each start. */
    for (size_t i = 0; i < ARRAY_LENGTH(runs); i++) {
        assert_int_equal(app_history_status(&history, runs[i].version,
                                            runs[i].start_ms + 7, previous),
                         runs[i].status);
        assert_string_equal(previous, runs[i].previous);
    }
    assert_int_equal(app_history_status(&history, "3.0", 900, previous),
                     APP_UNKNOWN);
}

static void a_history_reads_back_and_forgets_the_oldest(void **state)
{
    static struct app_history history;
    static struct app_history again;
    char version[16];
    OWNED_FD fd = open(*state, O_RDONLY | O_DIRECTORY);

    history = (struct app_history){.name = "a program", .supervised = true};
    for (int i = 0; i < 3 * APP_HISTORY_MAX; i++) {
        snprintf(version, sizeof version, "1.%d", i);
        (void)app_history_note(&history, version, i);
    }
    assert_int_equal(app_history_write(fd, &history), 0);
    app_history_read(fd, "a program", &again);
    assert_int_equal(again.count, APP_HISTORY_MAX);
    assert_true(again.supervised);
    assert_memory_equal(again.runs, history.runs, sizeof again.runs);
    app_history_read(fd, "another", &again);
    assert_int_equal(again.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_ordered_as_dpkg_orders_them),
        cmocka_unit_test(upgrade_status_follows_from_the_runs),
        cmocka_unit_test_setup_teardown(
            a_history_reads_back_and_forgets_the_oldest, support_directory_make,
            support_directory_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
