/* The kernel's log about one pid. Context: tool. */
#include "tests/unit/support.h"

#include <stdio.h>

#include "reporter/watch/kernel_log.h"

#define RECORD                                                               \
    "3,991,5000000,-;Memory cgroup out of memory: Killed process 123 (a b) " \
    "total-vm:1kB, anon-rss:1kB"

static struct kernel_death wanted;

static int start(void **state)
{
    (void)state;
    wanted = (struct kernel_death){
        .pid = 123, .name = "", .after_us = 0, .before_us = UINT64_MAX};
    return 0;
}

static void line_about_the_pid_is_found(void **state)
{
    (void)state;
    assert_true(kernel_log_is_kill(RECORD, &wanted));
    wanted.name = "a b";
    assert_true(kernel_log_is_kill(RECORD, &wanted));
}

static void other_pids_and_names_are_not(void **state)
{
    (void)state;
    wanted.pid = 12;
    assert_false(kernel_log_is_kill(RECORD, &wanted));
    wanted.pid = 1234;
    assert_false(kernel_log_is_kill(RECORD, &wanted));
    wanted.pid = 123;
    wanted.name = "a";
    assert_false(kernel_log_is_kill(RECORD, &wanted));
}

static void line_of_another_time_is_about_another_process(void **state)
{
    (void)state;
    wanted.after_us = 5000001;
    assert_false(kernel_log_is_kill(RECORD, &wanted));
    wanted.after_us = 0;
    wanted.before_us = 4999999;
    assert_false(kernel_log_is_kill(RECORD, &wanted));
}

static void other_lines_are_not_kills(void **state)
{
    (void)state;
    assert_false(kernel_log_is_kill("6,1,1,-;oom-kill:pid=123", &wanted));
    assert_false(kernel_log_is_kill("no record at all", &wanted));
    assert_false(kernel_log_is_kill("", &wanted));
}

static void faults_of_the_pid_are_found(void **state)
{
    (void)state;
    assert_true(kernel_log_is_fault(
        "6,1,1,-;a b[123]: segfault at 10 ip 0 sp 0 error 6 in x[1,2+3]",
        &wanted));
    assert_true(kernel_log_is_fault(
        "6,1,1,-;traps: a[123] trap invalid opcode ip:1 sp:2 error:0 in x[1]",
        &wanted));
    assert_true(kernel_log_is_fault(
        "6,1,1,-;traps: a[123] general protection fault ip:1 sp:2 error:0",
        &wanted));
}

static void other_lines_are_not_faults(void **state)
{
    (void)state;
    assert_false(kernel_log_is_fault(
        "6,1,1,-;a[1234]: segfault at 10 ip 0 sp 0 error 6", &wanted));
    assert_false(kernel_log_is_fault(
        "6,1,1,-;traps: a[12] trap invalid opcode ip:1", &wanted));
    assert_false(kernel_log_is_fault("6,1,1,-;a[123]: started", &wanted));
    assert_false(kernel_log_is_fault(RECORD, &wanted));
    assert_false(kernel_log_is_fault("no record at all [123]", &wanted));
}

static void check_without_name(const char *text, const char *expected)
{
    char line[KERNEL_LOG_LINE_BYTES];

    (void)snprintf(line, sizeof line, "%s", text);
    kernel_log_drop_name(line, 123);
    assert_string_equal(line, expected);
}

/* Whatever the process called itself. */
static void name_does_not_leave(void **state)
{
    (void)state;
    check_without_name(
        "Out of memory: Killed process 123 (j. doe) total-vm:1kB",
        "Out of memory: Killed process 123 total-vm:1kB");
    check_without_name("Killed process 123 () total-vm (x) total-vm:1kB",
                       "Killed process 123 total-vm:1kB");
    check_without_name("Killed process 123 (cut sho", "Killed process 123 ");
    check_without_name("j. doe[123]: segfault at 10 ip 1 in x[1,2+3]",
                       "[123]: segfault at 10 ip 1 in x[1,2+3]");
    check_without_name("a[123]: x[123]: segfault at 10",
                       "[123]: segfault at 10");
    check_without_name("traps: j. doe[123] trap divide error ip:1",
                       "traps: [123] trap divide error ip:1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(line_about_the_pid_is_found, start),
        cmocka_unit_test_setup(other_pids_and_names_are_not, start),
        cmocka_unit_test_setup(line_of_another_time_is_about_another_process,
                               start),
        cmocka_unit_test_setup(other_lines_are_not_kills, start),
        cmocka_unit_test_setup(faults_of_the_pid_are_found, start),
        cmocka_unit_test_setup(other_lines_are_not_faults, start),
        cmocka_unit_test_setup(name_does_not_leave, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
