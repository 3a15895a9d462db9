/* The rate limit: who makes a report, and what is counted. Context: tool. */
#include "tests/unit/support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/rate_limit.h"

#define NOW    1790000000000ull
#define PER    RATE_LIMIT_INTERVAL_MS
#define PROCS  8
#define DEATHS 40 /* of each process */
#define CROWD  (3 * RATE_LIMIT_PROGRAMS)

static const struct rate_program editor = {"editor", "/usr/bin/editor"};

static int open_state(void **state)
{
    int fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

/* How many of count deaths at now_ms make a report; adds what they tell. */
static unsigned die(int fd, const struct rate_program *program, unsigned count,
                    uint64_t now_ms, uint64_t *ret_told)
{
    unsigned reports = 0;

    *ret_told = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t unreported = 0;
        reports += rate_limit_take(fd, program, now_ms, &unreported);
        *ret_told += unreported;
    }
    return reports;
}

static void burst_makes_reports_then_one_an_interval(void **state)
{
    OWNED_FD fd = open_state(state);
    uint64_t told;

    assert_true(RATE_LIMIT_BURST >= 10); /* DESIGN section 7 */
    assert_int_equal(die(fd, &editor, 100, NOW, &told), RATE_LIMIT_BURST);
    assert_int_equal(die(fd, &editor, 5, NOW + PER - 1, &told), 0);
    assert_int_equal(told, 0);
    assert_int_equal(die(fd, &editor, 5, NOW + PER, &told), 1);
    assert_int_equal(told, 100 - RATE_LIMIT_BURST + 5);
    assert_int_equal(die(fd, &editor, 5, NOW + 3 * PER, &told), 2);
    assert_int_equal(told, 4);
    assert_int_equal(
        die(fd, &editor, 100, NOW + (RATE_LIMIT_BURST + 9ull) * PER, &told),
        RATE_LIMIT_BURST);
}

static void programs_do_not_share_a_bucket(void **state)
{
    static const struct rate_program others[] = {{"editor", "/opt/editor"},
                                                 {"viewer", "/usr/bin/editor"}};
    OWNED_FD fd = open_state(state);
    uint64_t told;

    assert_int_equal(die(fd, &editor, 100, NOW, &told), RATE_LIMIT_BURST);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(die(fd, &others[i], 1, NOW, &told), 1);
    assert_int_equal(told, 0);
}

static void clock_set_back_costs_no_report(void **state)
{
    OWNED_FD fd = open_state(state);
    uint64_t told;

    assert_int_equal(die(fd, &editor, 100, NOW, &told), RATE_LIMIT_BURST);
    assert_int_equal(die(fd, &editor, 1, NOW - 86400000, &told), 1);
}

static void what_is_counted_can_be_read(void **state)
{
    static struct rate_slot slots[RATE_LIMIT_PROGRAMS];
    OWNED_FD fd = open_state(state);
    uint64_t told;

    assert_int_equal(rate_limit_read(fd, slots), 0);
    die(fd, &editor, RATE_LIMIT_BURST + 3, NOW, &told);
    assert_int_equal(rate_limit_read(fd, slots), 1);
    assert_string_equal(slots[0].name, "editor");
    assert_int_equal(slots[0].unreported, 3);
    assert_int_equal(slots[0].unreported_total, 3);
    assert_int_equal(slots[0].last_ms, NOW);
}

/* Dies in the child; its exit status is how many reports it made. */
static pid_t start_dying(int fd)
{
    pid_t pid = fork();
    uint64_t told;

    if (pid == 0)
        _exit((int)die(fd, &editor, DEATHS, NOW, &told));
    return pid;
}

static void deaths_at_once_are_counted_exactly(void **state)
{
    static struct rate_slot slots[RATE_LIMIT_PROGRAMS];
    OWNED_FD fd = open_state(state);
    pid_t pids[PROCS];
    int reports = 0;

    for (size_t i = 0; i < PROCS; i++)
        pids[i] = start_dying(fd);
    for (size_t i = 0; i < PROCS; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status));
        reports += WEXITSTATUS(status);
    }
    assert_int_equal(reports, RATE_LIMIT_BURST);
    assert_int_equal(rate_limit_read(fd, slots), 1);
    assert_int_equal(slots[0].unreported_total,
                     PROCS * DEATHS - RATE_LIMIT_BURST);
}

static void more_programs_than_fit_all_make_reports(void **state)
{
    OWNED_FD fd = open_state(state);
    char name[24];

    for (unsigned i = 0; i < CROWD; i++) {
        struct rate_program program = {name, "/bin/crowd"};
        uint64_t told;
        (void)snprintf(name, sizeof name, "program %u", i);
        assert_int_equal(die(fd, &program, RATE_LIMIT_BURST, NOW + i, &told),
                         RATE_LIMIT_BURST);
    }
}

/* Each way the file can be wrong lets every death make a report. */
static void unusable_file_limits_nothing(void **state)
{
    OWNED_FD fd = open_state(state);
    uint64_t told;

    OWNED_FD file =
        openat(fd, RATE_LIMIT_FILE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(file, "short", 5), 5);
    assert_int_equal(die(fd, &editor, 100, NOW, &told), 100);
    assert_int_equal(unlinkat(fd, RATE_LIMIT_FILE, 0), 0);
    assert_int_equal(symlinkat("elsewhere", fd, RATE_LIMIT_FILE), 0);
    assert_int_equal(die(fd, &editor, 100, NOW, &told), 100);
    assert_int_equal(faccessat(fd, "elsewhere", F_OK, 0), -1);
    assert_int_equal(unlinkat(fd, RATE_LIMIT_FILE, 0), 0);
    assert_int_equal(mkdirat(fd, RATE_LIMIT_FILE, 0700), 0);
    assert_int_equal(die(fd, &editor, 100, NOW, &told), 100);
}

/* Cuts the file and lets it grow again until it is killed. */
static _Noreturn void cut_short(int fd)
{
    OWNED_FD file = openat(fd, RATE_LIMIT_FILE, O_RDWR | O_CLOEXEC);

    for (;;) {
        DROP(ftruncate(file, 0));
        DROP(ftruncate(file, RATE_LIMIT_PROGRAMS * sizeof(struct rate_slot)));
    }
}

static void file_cut_short_meanwhile_ends_nobody(void **state)
{
    OWNED_FD fd = open_state(state);
    uint64_t told;

    assert_int_equal(die(fd, &editor, 1, NOW, &told), 1);
    pid_t pid = fork();
    if (pid == 0)
        cut_short(fd);
    assert_true(die(fd, &editor, 5000, NOW, &told) >= 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void lock_that_somebody_keeps_costs_a_limit_only(void **state)
{
    OWNED_FD fd = open_state(state);
    uint64_t told;

    assert_int_equal(die(fd, &editor, RATE_LIMIT_BURST, NOW, &told),
                     RATE_LIMIT_BURST);
    OWNED_FD file = openat(fd, RATE_LIMIT_FILE, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(file, LOCK_EX), 0);
    assert_int_equal(die(fd, &editor, 1, NOW, &told), 1);
    assert_int_equal(flock(file, LOCK_UN), 0);
    assert_int_equal(die(fd, &editor, 1, NOW, &told), 0);
}

#define DIRECTORY_TEST(f)                                      \
    cmocka_unit_test_setup_teardown(f, support_directory_make, \
                                    support_directory_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIRECTORY_TEST(burst_makes_reports_then_one_an_interval),
        DIRECTORY_TEST(programs_do_not_share_a_bucket),
        DIRECTORY_TEST(clock_set_back_costs_no_report),
        DIRECTORY_TEST(what_is_counted_can_be_read),
        DIRECTORY_TEST(deaths_at_once_are_counted_exactly),
        DIRECTORY_TEST(more_programs_than_fit_all_make_reports),
        DIRECTORY_TEST(unusable_file_limits_nothing),
        DIRECTORY_TEST(file_cut_short_meanwhile_ends_nobody),
        DIRECTORY_TEST(lock_that_somebody_keeps_costs_a_limit_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
