/*
 * What the kernel's and the system's texts, and a box that its process wrote
 * over, become in a report: each text damaged in turn. The texts come from
 * here (--wrap of io_read_text). Context: tool.
 */
#include "tests/unit/support.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "handler/dumper/report_build.h"
#include "proto/base/io.h"

#define NOBODY  0x3fffffff /* above any pid: nothing is to be opened */
#define PAGE    4096ull
#define UNKNOWN UINT64_MAX

static const char *os_text, *statm_text, *status_text; /* NULL: not there */
static struct box box;
static struct build build;

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's naming. */
int __wrap_io_read_text(int dir_fd, const char *path, char *buffer,
                        size_t capacity, size_t *ret_size);
int __wrap_io_read_text(int dir_fd, const char *path, char *buffer,
                        size_t capacity, size_t *ret_size)
{
    const char *text = strstr(path, "os-release") ? os_text
                       : strstr(path, "statm")    ? statm_text
                       : strstr(path, "status")   ? status_text
                                                  : NULL;

    (void)dir_fd;
    if (!text)
        return -ENOENT;
    *ret_size = strlen(text);
    assert_true(*ret_size < capacity);
    memcpy(buffer, text, *ret_size + 1);
    return 0;
}
/* NOLINTEND(bugprone-reserved-identifier) */

static int clear(void **state)
{
    (void)state;
    os_text = statm_text = status_text = NULL;
    memset(&box, 0, sizeof box);
    return 0;
}

static void start(Inquest__V1__Kind kind, bool lives)
{
    if (build.arena.data)
        memset(build.arena.data, 0, build.arena.used_bytes);
    build = (struct build){.box = &box, .state_fd = -1};
    build_start(&build, kind, 1000000);
    build.target = lives ? target_open(NOBODY, NOBODY) : NULL;
}

static bool is_noted(const char *text)
{
    for (size_t i = 0; i < build.report.n_notes; i++) {
        if (strstr(build.report.notes[i], text))
            return true;
    }
    return false;
}

static void system_is_named_by_os_release(void **state)
{
    static const struct {
        const char *text, *name, *version;
    } cases[] = {
        {"NAME=x\nID=debian\nVERSION_ID=\"12\"\n", "debian", "12"},
        {"ID='alpine'\nVERSION_ID='3.1'", "alpine", "3.1"},
        {"VERSION_ID=\nID=\"\n", "\"", ""},
        {"ID\nVERSION_ID", "", ""},
        {"", "", ""},
        {NULL, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        os_text = cases[i].text;
        start(INQUEST__V1__KIND__CRASH, false);
        build_identity(&build);
        assert_string_equal(build.report.device->os_name, cases[i].name);
        assert_string_equal(build.report.device->os_version, cases[i].version);
    }
}

static void check_sample(uint64_t rss, uint64_t anon, uint64_t swap,
                         uint64_t threads)
{
    const Inquest__V1__Memory *memory = build.report.memory;

    if (rss == UNKNOWN) {
        assert_int_equal(memory->n_samples, 0);
        return;
    }
    assert_int_equal(memory->n_samples, 1);
    const Inquest__V1__MemorySample *sample = memory->samples[0];
    assert_int_equal(sample->rss_bytes, rss);
    assert_int_equal(sample->has_anon_bytes_case != 0, anon != UNKNOWN);
    assert_int_equal(sample->anon_bytes, anon == UNKNOWN ? 0 : anon);
    assert_int_equal(sample->has_swap_bytes_case != 0, swap != UNKNOWN);
    assert_int_equal(sample->swap_bytes, swap == UNKNOWN ? 0 : swap);
    assert_int_equal(sample->has_thread_count_case != 0, threads != UNKNOWN);
    assert_int_equal(sample->thread_count, threads == UNKNOWN ? 0 : threads);
}

/* Anonymous is what is resident less what files back. */
static void sample_of_now_is_what_statm_says(void **state)
{
    static const struct {
        const char *text;
        uint64_t rss, anon;
    } cases[] = {
        {"100 50 20 1 0 9 0\n", 50 * PAGE, 30 * PAGE},
        {"100 50 50", 50 * PAGE, 0},
        {"100 50 51", 50 * PAGE, UNKNOWN},
        {"100 50 x", 50 * PAGE, UNKNOWN},
        {"100 50", 50 * PAGE, UNKNOWN},
        {"100 x", UNKNOWN, 0},
        {"100 ", UNKNOWN, 0},
        {"100", UNKNOWN, 0},
        {"", UNKNOWN, 0},
        {NULL, UNKNOWN, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        statm_text = cases[i].text;
        start(INQUEST__V1__KIND__CRASH, true);
        build_memory(&build);
        check_sample(cases[i].rss, cases[i].anon, UNKNOWN, UNKNOWN);
        assert_true(is_noted("memory by kind could not be read (smaps)"));
    }
}

static void snapshot_asks_status_too(void **state)
{
    static const struct {
        const char *text;
        uint64_t anon, swap, threads;
    } cases[] = {
        {"RssAnon:\t   400 kB\nVmSwap:\t 8 kB\nThreads:\t7\n", 100 * PAGE,
         2 * PAGE, 7},
        {"Threads:\t70000\nVmSwap:\tx\n", 30 * PAGE, UNKNOWN, UNKNOWN},
        {"RssAnon:", 30 * PAGE, UNKNOWN, UNKNOWN},
        {"", 30 * PAGE, UNKNOWN, UNKNOWN},
        {NULL, 30 * PAGE, UNKNOWN, UNKNOWN},
    };

    (void)state;
    statm_text = "100 50 20 1 0 9 0\n";
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        status_text = cases[i].text;
        start(INQUEST__V1__KIND__SNAPSHOT, true);
        build_memory(&build);
        check_sample(50 * PAGE, cases[i].anon, cases[i].swap, cases[i].threads);
    }
}

/* 11 us a MiB: 4 GiB are 45 ms. By smaps each of 300 mappings is 9 us more,
 * and there is no other way where pagemap cannot be opened. */
static void memory_by_kind_that_is_too_dear_is_noted(void **state)
{
    (void)state;
    statm_text = "2000000 1048576 0";
    start(INQUEST__V1__KIND__CRASH, true);
    build_memory(&build);
    assert_true(is_noted("it would have taken 45 ms"));
    assert_null(build.report.memory->categories);
    statm_text = "100 50 20";
    start(INQUEST__V1__KIND__CRASH, true);
    build.target->mapping_count = 300;
    build_memory(&build);
    assert_true(is_noted("it would have taken 2 ms"));
    start(INQUEST__V1__KIND__SNAPSHOT, true); /* which may take longer */
    build.target->mapping_count = 300;
    build_memory(&build);
    assert_true(is_noted("could not be read (smaps)"));
}

static void set_sampler(uint64_t cpu_ms, uint64_t rx_bytes, uint64_t sleep_ms)
{
    box.sampler = (struct box_sampler){.cpu_ms = cpu_ms,
                                       .network_rx_bytes = rx_bytes,
                                       .network_tx_bytes = BOX_UNKNOWN_U64,
                                       .anon_bytes = BOX_UNKNOWN_U64,
                                       .suspended_ms = sleep_ms};
    box_seal(&box.sampler, sizeof box.sampler, 1);
    start(INQUEST__V1__KIND__CRASH, false);
    build_memory(&build);
}

static void usage_is_told_where_it_is_known(void **state)
{
    (void)state;
    box.identity.start_unix_ms = 1000000 - 10000;
    set_sampler(5000, BOX_UNKNOWN_U64, 59999);
    const Inquest__V1__Usage *usage = build.report.usage;
    assert_int_equal(usage->cpu_percent, 49); /* of 10.1 s */
    assert_int_equal(usage->has_network_rx_bytes_case, 0);
    assert_int_equal(build.report.n_notes, 0);
    set_sampler(BOX_UNKNOWN_U64, 77, BOX_UNKNOWN_U64);
    usage = build.report.usage;
    assert_int_equal(usage->has_cpu_percent_case, 0);
    assert_int_equal(usage->network_rx_bytes, 77);
    assert_int_equal(build.report.n_notes, 0);
    set_sampler(BOX_UNKNOWN_U64, BOX_UNKNOWN_U64, 60000);
    assert_null(build.report.usage);
    assert_true(is_noted("slept for 1 min"));
}

/* The clock was set back: how long it ran is not known, nor is the share. */
static void start_in_the_future_makes_no_share_of_time(void **state)
{
    (void)state;
    box.identity.start_unix_ms = 1000000 + 10000;
    set_sampler(5000, 1, 0);
    assert_int_equal(build.report.usage->has_cpu_percent_case, 0);
    build_identity(&build);
    assert_int_equal(build.report.process->uptime_ms, 0);
}

/* Boots in 1970, and learns the time while the program runs. */
static void uptime_is_not_by_the_clock_that_is_set(void **state)
{
    (void)state;
    box.identity.start_unix_ms = 10;
    box.identity.start_boot_ns = 7000000000u;
    start(INQUEST__V1__KIND__CRASH, false);
    build.boot_ns = 12000000000u;
    build_identity(&build);
    assert_int_equal(build.report.process->uptime_ms, 5000);
    build.boot_ns = 0; /* not known */
    build_identity(&build);
    assert_int_equal(build.report.process->uptime_ms, 1000000 - 10);
}

static void torn_records_are_passed_over(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        (void)snprintf(box.actions[i].name, sizeof box.actions[i].name, "a%u",
                       i);
        box_seal(&box.actions[i], sizeof box.actions[i], 3 - i);
        (void)strcpy(box.annotations[i].key, "key");
        box_seal(&box.annotations[i], sizeof box.annotations[i], 1);
        (void)strcpy(box.features[i].name, "feature");
        box_seal(&box.features[i], sizeof box.features[i], 1);
        (void)strcpy(box.account[i].value, "who");
        box_seal(&box.account[i], sizeof box.account[i], 1);
        box.alarms[i].rule = BOX_ALARM_PRESSURE + i;
        box_seal(&box.alarms[i], sizeof box.alarms[i], 1);
    }
    box.actions[1].name[0] = 'x'; /* behind their seals */
    box.annotations[1].key[0] = 'x';
    box.features[1].name[0] = 'x';
    box.account[BOX_DEVICE_ID].value[0] = 'x';
    box.annotations[2].key[0] = '\0'; /* removed */
    box_seal(&box.annotations[2], sizeof box.annotations[2], 2);
    box.features[2].name[0] = '\0';
    box_seal(&box.features[2], sizeof box.features[2], 2);
    start(INQUEST__V1__KIND__CRASH, false);
    build_identity(&build);
    build_memory(&build);
    const Inquest__V1__Report *report = &build.report;
    assert_int_equal(report->n_actions, 2);
    assert_string_equal(report->actions[0]->name, "a2"); /* the first one */
    assert_string_equal(report->actions[1]->name, "a0");
    assert_int_equal(report->n_annotations, 1);
    assert_int_equal(report->n_features, 1);
    assert_string_equal(report->account->device_id, "");
    assert_string_equal(report->account->user_id, "who");
    assert_int_equal(report->memory->n_alarms, 1); /* of a rule we know */
    assert_false(build_alarm(&build, 1));
}

static void program_is_named_by_what_is_known(void **state)
{
    (void)state;
    (void)strcpy(box.identity.executable, "no-slash");
    start(INQUEST__V1__KIND__CRASH, false);
    build_identity(&build);
    assert_string_equal(build.report.app->name, "no-slash");
    (void)strcpy(box.identity.executable, "/opt/bin/program");
    start(INQUEST__V1__KIND__CRASH, false);
    build_identity(&build);
    assert_string_equal(build.report.app->name, "program");
    (void)strcpy(box.identity.app, "waterworks");
    start(INQUEST__V1__KIND__CRASH, false);
    build_identity(&build);
    assert_string_equal(build.report.app->name, "waterworks");
    build.box = NULL; /* a process without one has a device alone */
    build.report.app = NULL;
    build_identity(&build);
    assert_null(build.report.app);
}

static void any_word_of_an_account_makes_one(void **state)
{
    (void)state;
    start(INQUEST__V1__KIND__CRASH, false);
    build_identity(&build);
    assert_null(build.report.account);
    for (size_t i = 0; i < BOX_ACCOUNT_KEYS; i++) {
        (void)clear(NULL);
        (void)strcpy(box.account[i].value, "who");
        box_seal(&box.account[i], sizeof box.account[i], 1);
        start(INQUEST__V1__KIND__CRASH, false);
        build_identity(&build);
        assert_non_null(build.report.account);
    }
}

static void notes_and_strings_end_where_there_is_no_room(void **state)
{
    (void)state;
    start(INQUEST__V1__KIND__CRASH, false);
    for (size_t i = 0; i < 100; i++)
        build_note(&build, "again");
    assert_int_equal(build.report.n_notes, 32);
    size_t used = build.arena.used_bytes;
    build.arena.used_bytes = build.arena.capacity;
    assert_string_equal(build_string(&build, "text", 4), "");
    assert_null(build_alloc(&build, 1));
    build.arena.used_bytes = used; /* what start clears */
}

static void attributes_end_where_a_pair_is_cut(void **state)
{
    static const size_t string_bytes[] = {2, 3, 64, 65, 96, 100, 192, 193};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(string_bytes); i++) {
        struct box_action *action = &box.actions[0];
        memset(action->attributes, 'a', sizeof action->attributes);
        size_t bytes = string_bytes[i];
        for (size_t at = bytes - 1; at < sizeof action->attributes; at += bytes)
            action->attributes[at] = '\0';
        box_seal(action, sizeof *action, 1);
        start(INQUEST__V1__KIND__CRASH, false);
        build_identity(&build);
        assert_int_equal(build.report.actions[0]->n_attributes,
                         sizeof action->attributes / bytes / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(system_is_named_by_os_release, clear),
        cmocka_unit_test_setup(sample_of_now_is_what_statm_says, clear),
        cmocka_unit_test_setup(snapshot_asks_status_too, clear),
        cmocka_unit_test_setup(memory_by_kind_that_is_too_dear_is_noted, clear),
        cmocka_unit_test_setup(usage_is_told_where_it_is_known, clear),
        cmocka_unit_test_setup(start_in_the_future_makes_no_share_of_time,
                               clear),
        cmocka_unit_test_setup(uptime_is_not_by_the_clock_that_is_set, clear),
        cmocka_unit_test_setup(torn_records_are_passed_over, clear),
        cmocka_unit_test_setup(program_is_named_by_what_is_known, clear),
        cmocka_unit_test_setup(any_word_of_an_account_makes_one, clear),
        cmocka_unit_test_setup(notes_and_strings_end_where_there_is_no_room,
                               clear),
        cmocka_unit_test_setup(attributes_end_where_a_pair_is_cut, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
