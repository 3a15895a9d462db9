/*
 * Boxes of the dead as they may be found: begun, cut, of others, torn in the
 * middle of a crash, told already. Nothing is reported twice, nothing is lost
 * but what is told, and a box stays until its report is safe. Context: tool.
 */
#include "tests/unit/dumper_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/fd.h"

#define SOME_ID   "01a2267a-898d-7dee-8908-385f0b6451ff"
#define NOBODY    65534
#define NO_PID    "1073741823" /* above any pid */
#define ARGUMENTS "recover", "--box", "BOX", "--state", "STATE"

static const char *const plain[RUN_ARGUMENTS_MAX] = {ARGUMENTS};

static void seal_crash(struct run *run)
{
    siginfo_t info = {.si_signo = SIGSEGV, .si_code = 1 /* SEGV_MAPERR */};
    struct box_crash *crash = &run->box.crash;

    memcpy(crash->siginfo, &info, sizeof info);
    crash->pid = crash->tid = run->box.identity.pid;
    crash->time_unix_ms = 5000;
    run->box.control.crashed = 1;
    box_seal(crash, sizeof *crash, 1);
}

static void whole(struct run *run)
{
    run_put_box(run, sizeof run->box);
}

static void absent(struct run *run)
{
    (void)remove(run->box_path);
}

static void empty_file(struct run *run)
{
    run_put_box(run, 0);
}

static void only_begun(struct run *run)
{
    run->box.magic = 0;
    whole(run);
}

static void cut(struct run *run)
{
    run_put_box(run, sizeof run->box - 1);
}

static void longer(struct run *run)
{
    whole(run);
    assert_int_equal(truncate(run->box_path, sizeof run->box + 1), 0);
}

static void other_version(struct run *run)
{
    run->box.version++;
    whole(run);
}

static void directory(struct run *run)
{
    assert_int_equal(mkdir(run->box_path, 0700), 0);
}

static void pipe_in_place(struct run *run)
{
    assert_int_equal(mkfifo(run->box_path, 0600), 0);
}

static void link_in_place(struct run *run)
{
    assert_int_equal(symlink(run->state_dir, run->box_path), 0);
}

static void of_another(struct run *run)
{
    seal_crash(run);
    whole(run);
    assert_int_equal(chown(run->box_path, NOBODY, NOBODY), 0);
}

static void clean_exit(struct run *run)
{
    run->box.control.clean_exit = 1;
    whole(run);
}

static void crash_after_clean_exit(struct run *run)
{
    seal_crash(run);
    clean_exit(run);
}

static void counted(struct run *run)
{
    seal_crash(run);
    run->box.control.dump_state = BOX_DUMP_COUNTED;
    whole(run);
}

static void queued(struct run *run)
{
    seal_crash(run);
    run->box.control.dump_state = BOX_DUMP_QUEUED;
    report_id_bytes(SOME_ID, run->box.control.report_id);
    whole(run);
}

static void queued_but_blocked(struct run *run)
{
    queued(run);
    run_block_queue(run);
}

static void crashed(struct run *run)
{
    seal_crash(run);
    whole(run);
}

static void crashed_but_blocked(struct run *run)
{
    crashed(run);
    run_block_queue(run);
}

static void torn_in_the_crash(struct run *run)
{
    seal_crash(run);
    run->box.crash.time_unix_ms++;
    whole(run);
}

static void spilled_nonsense(struct run *run)
{
    seal_crash(run);
    run->box.control.dump_state = BOX_DUMP_SPILLED;
    run->box.control.spill_bytes = 1000;
    memset(run->box.spill, 'x', 1000);
    whole(run);
}

static void spilled_too_much(struct run *run)
{
    spilled_nonsense(run);
    run->box.control.spill_bytes = UINT32_MAX;
    whole(run);
}

struct finding {
    const char *what;
    void (*make)(struct run *run);
    int status;
    const char *said;
    bool stays;
    size_t reports;
};

static const struct finding findings[] = {
    {"absent", absent, 0, "", false, 0},
    {"empty", empty_file, 0, "", false, 0},
    {"only begun", only_begun, 0, "", false, 0},
    {"cut", cut, EX_DATAERR, "not a box", true, 0},
    {"longer", longer, EX_DATAERR, "not a box", true, 0},
    {"of another version", other_version, EX_DATAERR, "not a box", true, 0},
    {"a directory", directory, EX_DATAERR, "Is a directory", true, 0},
    {"a link", link_in_place, EX_DATAERR, "ymbolic link", true, 0},
    {"a pipe", pipe_in_place, EX_DATAERR, "belongs to another", true, 0},
    {"of another", of_another, EX_DATAERR, "belongs to another", true, 0},
    {"of a clean exit", clean_exit, 0, "", false, 0},
    {"of a crash in exit", crash_after_clean_exit, 0, "", false, 1},
    {"counted", counted, 0, "", false, 0},
    {"queued, and sent since", queued, 0, "", false, 0},
    {"queued, not to be synced", queued_but_blocked, EX_IOERR, "the report of",
     true, 0},
    {"crashed", crashed, 0, "", false, 1},
    {"crashed, no queue", crashed_but_blocked, EX_CANTCREAT, "queue in", true,
     0},
    {"torn", torn_in_the_crash, 0, "", false, 1},
    {"spilled nonsense", spilled_nonsense, 0, "", false, 1},
    {"spilled too much", spilled_too_much, 0, "", false, 1},
};

static void check(struct run *run, const struct finding *finding)
{
    run_clear(run);
    finding->make(run);
    int status = run_dumper(run, plain, false);
    size_t reports = run_reports(run, NULL);
    if (status != finding->status || !strstr(run->said, finding->said) ||
        run_box_is_there(run) != finding->stays ||
        reports != finding->reports) {
        fail_msg("%s: status %d, %zu reports, the box %s: %s", finding->what,
                 status, reports, run_box_is_there(run) ? "stays" : "is gone",
                 run->said);
    }
}

static void each_box_is_told_kept_or_removed(void **state)
{
    for (size_t i = 0; i < ARRAY_LENGTH(findings); i++) {
        if (findings[i].make != of_another || getuid() == 0)
            check(*state, &findings[i]);
    }
}

/* Two at a time would make two reports. */
static void locked_box_is_left_to_who_has_it(void **state)
{
    struct run *run = *state;

    crashed(run);
    OWNED_FD fd = open(run->box_path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(run_dumper(run, plain, false), 0);
    assert_true(run_box_is_there(run));
    assert_int_equal(run_reports(run, NULL), 0);
}

static void second_attempt_at_one_death_is_the_same_report(void **state)
{
    struct run *run = *state;
    OWNED_REPORT *report = NULL;

    seal_crash(run);
    report_id_bytes(SOME_ID, run->box.control.report_id);
    for (size_t i = 0; i < 2; i++) {
        whole(run);
        assert_int_equal(run_dumper(run, plain, false), 0);
        assert_int_equal(run_reports(run, i ? NULL : &report), 1);
    }
    assert_string_equal(report->report_id, SOME_ID);
}

static void empty_queue(const struct run *run, const char *id)
{
    char path[2 * SUPPORT_PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/queue/new/%s.inq", run->state_dir,
                   id);
    assert_int_equal(unlink(path), 0);
}

/* It was made at the crash, and found no queue. */
static void spilled_report_is_moved_once(void **state)
{
    struct run *run = *state;
    OWNED_REPORT *report = NULL;
    OWNED_REPORT *moved = NULL;

    crashed(run);
    assert_int_equal(run_dumper(run, plain, false), 0);
    assert_int_equal(run_reports(run, &report), 1);
    size_t size = run_report_file(run, run->box.spill, sizeof run->box.spill);
    run->box.control.dump_state = BOX_DUMP_SPILLED;
    run->box.control.spill_bytes = (uint32_t)size;
    for (size_t i = 0; i < 2; i++) { /* moved before, then not */
        whole(run);
        assert_int_equal(run_dumper(run, plain, false), 0);
        assert_non_null(strstr(run->said, report->report_id));
        assert_false(run_box_is_there(run));
        assert_int_equal(run_reports(run, i ? &moved : NULL), 1);
        if (i == 0)
            empty_queue(run, report->report_id);
    }
    assert_string_equal(moved->report_id, report->report_id);
}

static void death_that_nobody_saw_was_at_its_last_sample(void **state)
{
    static const char *const arguments[RUN_ARGUMENTS_MAX] = {
        ARGUMENTS, "--supervisor", "died"};
    struct box_sample sample = {.time_ms = 7000, .rss_pages = 1};
    struct run *run = *state;
    OWNED_REPORT *report = NULL;

    run->box.identity.ring_epoch_unix_ms = 1000;
    box_ring_append(run->box.seconds, BOX_SECONDS_COUNT, 1, &sample);
    whole(run);
    assert_int_equal(run_dumper(run, arguments, false), 0);
    assert_int_equal(run_reports(run, &report), 1);
    assert_int_equal(report->kind, INQUEST__V1__KIND__TERMINATION);
    assert_int_equal(report->time, 8000);
}

static void why_no_dumper_came_is_told(void **state)
{
    static const struct {
        enum box_tier_reason reason;
        int error;
        const char *words;
    } cases[] = {
        {BOX_REASON_NONE, 0, "the process died during the dump"},
        {BOX_REASON_CLONE, 0, "clone was refused"},
        {BOX_REASON_CLONE, ENOMEM, "clone was refused: "},
        {BOX_REASON_EXEC, EACCES, "the dumper could not be started: "},
        {BOX_REASON_BOX, EACCES,
         "the program closed the box, and may not open it again: "},
        {BOX_REASON_DIED, 0, "the dumper died"},
        {BOX_REASON_DEADLINE, 0, "the dumper did not answer in time"},
        {BOX_REASON_RECRASH, 0, "the handler itself crashed"},
        {BOX_REASON_DISABLED, 0, "switched off by configuration"},
        {BOX_REASON_SANDBOX, 0, "the program installed a seccomp filter"},
        {BOX_REASON_JAIL, 0, "the program called chroot"},
        {BOX_REASON_DENIED, 0, "the kernel did not let the dumper read"},
        {BOX_REASON_PROC, 0, "/proc is of another pid namespace"},
        {BOX_REASON_QUEUE, 0, "the dumper found no room for the report"},
        {(enum box_tier_reason)999, 0, "the process died during the dump"},
    };
    struct run *run = *state;

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        OWNED_REPORT *report = NULL;
        run_clear(run);
        run->box.crash.tier_reason = cases[i].reason;
        run->box.crash.tier_errno = cases[i].error;
        crashed(run);
        assert_int_equal(run_dumper(run, plain, false), 0);
        assert_int_equal(run_reports(run, &report), 1);
        const char *reason = report->tier->reason;
        assert_int_equal(report->time, 5000);
        if (strncmp(reason, cases[i].words, strlen(cases[i].words)) != 0 ||
            (cases[i].error == 0 && strchr(reason, ':')))
            fail_msg("reason %d: %s", (int)cases[i].reason, reason);
    }
}

/* Who died before it had a box: only where its end was seen. */
static void death_without_a_box_needs_its_signal(void **state)
{
    static const struct {
        const char *arguments[RUN_ARGUMENTS_MAX];
        size_t reports;
    } cases[] = {
        {{ARGUMENTS, "--pid", NO_PID}, 0},
        {{ARGUMENTS, "--signal", "9"}, 0},
        {{ARGUMENTS, "--pid", NO_PID, "--signal", "9"}, 1},
        {{ARGUMENTS, "--pid", NO_PID, "--signal", "9", "--peak-bytes",
          "8388608"},
         1},
    };
    struct run *run = *state;

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        OWNED_REPORT *report = NULL;
        run_clear(run);
        assert_int_equal(run_dumper(run, cases[i].arguments, false), 0);
        assert_int_equal(run_reports(run, &report), cases[i].reports);
        if (!report)
            continue;
        assert_int_equal(report->termination->signal_number, 9);
        assert_int_equal(report->memory->n_samples, i == 3);
        if (i == 3)
            assert_int_equal(report->memory->samples[0]->rss_bytes, 8388608);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, run_make, run_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_box_is_told_kept_or_removed),
        TEST(locked_box_is_left_to_who_has_it),
        TEST(second_attempt_at_one_death_is_the_same_report),
        TEST(spilled_report_is_moved_once),
        TEST(death_that_nobody_saw_was_at_its_last_sample),
        TEST(why_no_dumper_came_is_told),
        TEST(death_without_a_box_needs_its_signal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
