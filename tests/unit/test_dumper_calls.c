/*
 * The dumper's command lines, and the modes of a program that lives: what is
 * wrong in words, box or queue is an exit status of sysexits.h, a state that
 * the program is told, and no report. Context: tool.
 */
#include "tests/unit/dumper_run.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define CALL_MAX 9
typedef const char *const call[CALL_MAX];

static void wrong_use_is_said(void **state)
{
    static call calls[] = {
        {NULL},
        {"nonsense"},
        {"crash", "0-1", "more"},
        {"recover"},
        {"recover", "--box"},
        {"recover", "--box", "BOX"},
        {"recover", "--state", "STATE"},
        {"recover", "--box", "BOX", "--state", "STATE", "--signal"},
        {"recover", "--box", "BOX", "--state", "STATE", "--signal", "9x"},
        {"recover", "--box", "BOX", "--state", "STATE", "--signal", "128"},
        {"recover", "--box", "BOX", "--state", "STATE", "--signal", ""},
        {"recover", "--box", "BOX", "--state", "STATE", "--supervisor"},
        {"recover", "--box", "BOX", "--state", "STATE", "--supervisor", "yes"},
        {"recover", "--box", "BOX", "--state", "STATE", "--pid", "1x"},
        {"recover", "--box", "BOX", "--state", "STATE", "--kernel-log"},
        {"recover", "--box", "BOX", "--state", "STATE", "--more", "1"},
        {"snapshot"},
        {"snapshot", "--pid", "1"},
        {"snapshot", "--state", "STATE"},
        {"snapshot", "--state", "STATE", "--pid"},
        {"snapshot", "--state", "STATE", "--pid", ""},
        {"snapshot", "--state", "STATE", "--pid", "0"},
        {"snapshot", "--state", "STATE", "--pid", "-1"},
        {"snapshot", "--state", "STATE", "--pid", "1x"},
        {"snapshot", "--state", "STATE", "--pid", "4294967297"},
        {"snapshot", "--state", "STATE", "--pid", "1", "--box"},
        {"snapshot", "--state", "STATE", "--pid", "1", "--more", "1"},
    };
    struct run *run = *state;

    run_put_box(run, sizeof run->box);
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        int status = run_dumper(run, calls[i], false);
        if (status != EX_USAGE || !strstr(run->said, "usage: inquest-dumper"))
            fail_msg("call %zu: status %d: %s", i, status, run->said);
    }
    assert_int_equal(run_reports(run, NULL), 0);
}

static call live_calls[] = {
    {"detection", "0"},
    {"feedback"},
    {"alarm", "0"},
    {"crash"},
};

/* Descriptor 3 is closed, a box cut short, of another program or version. */
static void what_is_no_box_is_refused(void **state)
{
    struct run *run = *state;

    for (size_t i = 0; i < ARRAY_LENGTH(live_calls); i++) {
        run_clear(run);
        assert_int_equal(run_dumper(run, live_calls[i], true), EX_DATAERR);
        run_put_box(run, sizeof run->box - 1);
        assert_int_equal(run_dumper(run, live_calls[i], true), EX_DATAERR);
        run->box.version++;
        run_put_box(run, sizeof run->box);
        assert_int_equal(run_dumper(run, live_calls[i], true), EX_DATAERR);
        assert_int_equal(run_reports(run, NULL), 0);
    }
}

static int live(struct run *run, call arguments)
{
    run_put_box(run, sizeof run->box);
    int status = run_dumper(run, arguments, true);
    run_get_box(run);
    return status;
}

static void seal_records(struct run *run)
{
    struct box *box = &run->box;

    (void)strcpy(box->detections[0].domain, "example.org");
    box_seal(&box->detections[0], sizeof box->detections[0], 1);
    (void)strcpy(box->feedback.comment, "it leaks");
    box_seal(&box->feedback, sizeof box->feedback, 1);
    box->alarms[0].rule = BOX_ALARM_LIMIT;
    box_seal(&box->alarms[0], sizeof box->alarms[0], 1);
}

/* The program waits for live_state: it hears of every failure. */
static void live_report_without_its_record_fails_and_is_told(void **state)
{
    static const struct {
        call arguments;
        int status;
    } cases[] = {
        {{"detection", "0"}, EX_DATAERR},
        {{"detection", "8"}, EX_USAGE},
        {{"detection"}, EX_USAGE},
        {{"feedback"}, EX_DATAERR},
        {{"feedback", "0"}, EX_USAGE},
        {{"alarm", "0"}, EX_DATAERR},
        {{"alarm"}, EX_USAGE},
        {{"alarm", "0", "0"}, EX_USAGE},
    };
    struct run *run = *state;

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        run_clear(run);
        assert_int_equal(live(run, cases[i].arguments), cases[i].status);
        assert_int_equal(run->box.control.live_state, BOX_DUMP_FAILED);
        assert_int_equal(run_reports(run, NULL), 0);
    }
}

static void live_report_is_queued_or_fails(void **state)
{
    struct run *run = *state;

    for (size_t i = 0; i < 3; i++) {
        run_clear(run);
        seal_records(run);
        assert_int_equal(live(run, live_calls[i]), 0);
        assert_int_equal(run->box.control.live_state, BOX_DUMP_QUEUED);
        OWNED_REPORT *report = NULL;
        assert_int_equal(run_reports(run, &report), 1);
        assert_true(report->detection || report->feedback || report->alarm);
        run_clear(run);
        seal_records(run);
        run_block_queue(run);
        assert_int_equal(live(run, live_calls[i]), EX_CANTCREAT);
        assert_int_equal(run->box.control.live_state, BOX_DUMP_FAILED);
    }
}

static void alarms_that_come_too_fast_are_counted(void **state)
{
    struct run *run = *state;
    unsigned made = 0;
    int status = 0;

    seal_records(run);
    run->box.control.rate_limit_off = 0;
    while ((status = live(run, live_calls[2])) == 0)
        assert_true(made++ < 100);
    assert_int_equal(status, EX_UNAVAILABLE);
    assert_int_equal(run->box.control.live_state, BOX_DUMP_COUNTED);
    assert_true(made > 1);
    assert_int_equal(run_reports(run, NULL), made);
}

/* A program that closed descriptor 4, or put something else there. */
static void state_directory_is_found_by_its_path(void **state)
{
    struct run *run = *state;
    char away[SUPPORT_PATH_BYTES + 8];

    seal_records(run);
    box_string(run->box.identity.state_dir, sizeof run->box.identity.state_dir,
               "/proc/self/nowhere");
    run_put_box(run, sizeof run->box);
    (void)snprintf(away, sizeof away, "%s.away", run->state_dir);
    assert_int_equal(rename(run->state_dir, away), 0);
    assert_int_equal(run_dumper(run, live_calls[0], true), EX_CANTCREAT);
    box_string(run->box.identity.state_dir, sizeof run->box.identity.state_dir,
               away);
    run_put_box(run, sizeof run->box);
    assert_int_equal(run_dumper(run, live_calls[0], true), 0);
    assert_int_equal(rename(away, run->state_dir), 0);
    assert_int_equal(run_reports(run, NULL), 1);
}

/* Whatever it is told of processors. */
static void crash_of_who_is_gone_is_left_to_its_handler(void **state)
{
    static call calls[] = {
        {"crash"}, {"crash", "0"}, {"crash", "0-x"}, {"crash", "99999"}};
    struct run *run = *state;

    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        run_put_box(run, sizeof run->box);
        assert_int_equal(run_dumper(run, calls[i], true), EX_NOPERM);
        run_get_box(run);
        assert_int_equal(run->box.control.dump_state, BOX_DUMP_NONE);
        assert_int_equal(run_reports(run, NULL), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, run_make, run_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wrong_use_is_said),
        TEST(what_is_no_box_is_refused),
        TEST(live_report_without_its_record_fails_and_is_told),
        TEST(live_report_is_queued_or_fails),
        TEST(alarms_that_come_too_fast_are_counted),
        TEST(state_directory_is_found_by_its_path),
        TEST(crash_of_who_is_gone_is_left_to_its_handler),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
