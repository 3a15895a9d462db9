/* The progress line at every width. Context: tool. */
#include "tests/unit/support.h"

#include <string.h>

#include "reporter/upload/progress.h"

static const struct progress half = {
    .what = "reports", .done = 500, .total = 1000, .begin_ms = 0};

static void wide_terminal_gets_a_bar_and_the_time_left(void **state)
{
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    progress_line(&half, 120, 65000, line);
    assert_string_equal(line, "[####################....................] "
                              "500 of 1000 reports, 1:05 left");
}

static void narrow_terminal_gets_the_counts(void **state)
{
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    progress_line(&half, 30, 65000, line);
    assert_string_equal(line, "500 of 1000 reports, 1:05 lef");
}

static void no_width_is_overrun(void **state)
{
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    for (unsigned width = 0; width < 400; width++) {
        for (size_t done = 0; done <= 1000; done += 250) {
            struct progress progress = half;
            progress.done = done;
            progress_line(&progress, width, 86400000, line);
            assert_true(strlen(line) < (width < 10 ? 10 : width));
        }
    }
}

static void ends_are_drawn_without_a_guess(void **state)
{
    char line[PROGRESS_LINE_BYTES];
    struct progress progress = half;

    (void)state;
    progress.done = 0;
    progress_line(&progress, 40, 5000, line);
    assert_string_equal(line, "[...................] 0 of 1000 reports");
    progress.done = 1000;
    progress_line(&progress, 40, 5000, line);
    assert_string_equal(line, "[################] 1000 of 1000 reports");
    progress = (struct progress){.what = "reports"};
    progress_line(&progress, 40, 5000, line);
    assert_non_null(strstr(line, "0 of 0 reports"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_terminal_gets_a_bar_and_the_time_left),
        cmocka_unit_test(narrow_terminal_gets_the_counts),
        cmocka_unit_test(no_width_is_overrun),
        cmocka_unit_test(ends_are_drawn_without_a_guess),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
