/* Whether a process is at its end, by its stat. Context: tool. */
#include "tests/unit/support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "handler/sampler/last_thread.h"

static char path[] = "/tmp/last_thread.XXXXXX";

/* As proc(5) has it; the name holds what ends it, and a blank. */
static bool is_left(char state, int threads, int *ret_status)
{
    struct proc_file stat;
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    (void)fprintf(file, "77 (a) b) %c", state);
    for (int number = 4; number <= 51; number++)
        (void)fprintf(file, " %d", number == 20 ? threads : -number);
    (void)fputs(" 768\n", file);
    (void)fclose(file);
    proc_file_open(&stat, "", path);
    bool left = last_thread_is_left(&stat, ret_status);
    proc_file_close(&stat);
    return left;
}

static void ended_main_thread_and_ours(void **state)
{
    int status = 0;

    (void)state;
    assert_true(is_left('Z', 2, &status));
    assert_int_equal(status, 3 << 8);
}

/* It was started after the sample, by a main thread that then ended. */
static void another_thread_runs(void **state)
{
    int status = 0;

    (void)state;
    assert_false(is_left('Z', 3, &status));
}

static void main_thread_is_about_to_end(void **state)
{
    int status = 0;

    (void)state;
    assert_false(is_left('R', 2, &status));
}

static void nothing_is_known(void **state)
{
    struct proc_file none = {0};
    int status = 0;

    (void)state;
    assert_false(last_thread_is_left(&none, &status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ended_main_thread_and_ours),
        cmocka_unit_test(another_thread_runs),
        cmocka_unit_test(main_thread_is_about_to_end),
        cmocka_unit_test(nothing_is_known),
    };
    int made = mkstemp(path);

    if (made < 0)
        return 1;
    (void)close(made);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
