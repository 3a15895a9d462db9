/*
 * Snapshots of what is no process, with boxes that are not to be believed, and
 * without a queue. Context: tool.
 */
#include "tests/unit/dumper_run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/fd.h"

#define NO_PID "1073741823" /* above any pid */

static void snapshot_of_what_is_none_fails(void **state)
{
    struct run *run = *state;
    char pid_text[16];
    const char *arguments[RUN_ARGUMENTS_MAX] = {"snapshot", "--pid", pid_text,
                                                "--state", "STATE"};

    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    (void)snprintf(pid_text, sizeof pid_text, "%d", pid); /* a zombie */
    assert_int_equal(run_dumper(run, arguments, false), EX_NOINPUT);
    (void)waitpid(pid, NULL, 0);
    (void)strcpy(pid_text, NO_PID);
    assert_int_equal(run_dumper(run, arguments, false), EX_NOINPUT);
    assert_int_equal(run_reports(run, NULL), 0);
}

/* Behind the seal of what is there. */
static void write_at(const struct run *run, size_t offset, const void *bytes,
                     size_t size)
{
    OWNED_FD fd = open(run->box_path, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, bytes, size, (off_t)offset), size);
}

static pid_t stand_still(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        for (;;)
            (void)pause();
    }
    return pid;
}

static void snapshot_needs_no_box_but_a_queue(void **state)
{
    struct run *run = *state;
    OWNED_REPORT *report = NULL;
    char pid_text[16];
    const char *arguments[RUN_ARGUMENTS_MAX] = {
        "snapshot", "--pid", pid_text, "--state",
        "STATE",    "--box", "BOX",    "--do-not-track"};

    pid_t pid = stand_still();
    (void)snprintf(pid_text, sizeof pid_text, "%d", pid);
    int status = 0; /* of three boxes that are not to be believed */
    run_put_box(run, sizeof run->box - 1);
    status |= run_dumper(run, arguments, false);
    run->box.version++;
    run_put_box(run, sizeof run->box);
    status |= run_dumper(run, arguments, false);
    run->box.version--;
    run_put_box(run, sizeof run->box);
    write_at(run, offsetof(struct box, identity), "torn", 4);
    status |= run_dumper(run, arguments, false);
    size_t count = run_reports(run, &report);
    run_clear(run);
    run_block_queue(run);
    int blocked = run_dumper(run, arguments, false);
    (void)snprintf(run->state_dir + strlen(run->state_dir), 8, "/queue");
    int no_state = run_dumper(run, arguments, false);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    assert_int_equal(status, 0);
    assert_int_equal(count, 3);
    assert_int_equal(report->process->pid, pid);
    assert_true(report->do_not_track);
    assert_int_equal(blocked, EX_CANTCREAT);
    assert_int_equal(no_state, EX_CANTCREAT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, run_make, run_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(snapshot_of_what_is_none_fails),
        TEST(snapshot_needs_no_box_but_a_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
