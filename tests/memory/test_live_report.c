/* A box as the report of a program that runs. */
#include <math.h>
#include <string.h>

#include "handler/sampler/memory_stats.h"
#include "handler/sampler/sample_rings.h"
#include "reporter/chart/history.h"
#include "reporter/show/view.h"
#include "reporter/watch/live_report.h"
#include "tests/unit/support.h"

#define NS_PER_S 1000000000ull
#define NOON_MS  1795521600000ull

static struct box box;

static int set_up(void **state)
{
    struct box_identity *identity = &box.identity;

    (void)state;
    memset(&box, 0, sizeof box);
    identity->pid = 4242;
    identity->start_unix_ms = NOON_MS;
    identity->ring_epoch_boot_ns = 100 * NS_PER_S;
    identity->ring_epoch_unix_ms = NOON_MS;
    box_string(identity->executable, sizeof identity->executable,
               "/usr/bin/indexer");
    box_seal(identity, sizeof *identity, 1);
    for (uint32_t i = 0; i < 5; i++) {
        struct box_sample sample;
        memset(&sample, 0xff, sizeof sample);
        sample.time_ms = i * 1000;
        sample.cgroup_oom_kill_events = 0;
        sample.rss_pages = 256 * (i + 1); /* so many MiB */
        box_ring_append(box.seconds, BOX_SECONDS_COUNT, i + 1, &sample);
    }
    return 0;
}

static void add_alarm(size_t slot, uint32_t rule, uint64_t second)
{
    struct box_alarm *alarm = &box.alarms[slot];

    memset(alarm, 0xff, sizeof *alarm);
    alarm->rule = rule;
    alarm->time_unix_ms = NOON_MS + second * 1000;
    alarm->used_bytes = 240u << 20;
    alarm->limit_bytes = 256u << 20;
    box_seal(alarm, sizeof *alarm, (uint32_t)slot + 1);
}

static json_t *report(void)
{
    json_t *json = NULL;

    assert_int_equal(live_report(&box, &json), 0);
    return json;
}

static void who_it_is_comes_from_its_identity_or_its_own_word(void **state)
{
    (void)state;
    json_t *json = report();
    const json_t *app = json_object_get(json, "app");
    uint64_t pid = 0;
    assert_string_equal(view_text(app, "name"), "indexer");
    assert_true(view_number(json_object_get(json, "process"), "pid", &pid));
    assert_int_equal(pid, 4242);
    assert_null(json_object_get(json, "kind"));
    json_decref(json);
    box_string(box.app.name, sizeof box.app.name, "search");
    box_seal(&box.app, sizeof box.app, 1);
    json = report();
    assert_string_equal(view_text(json_object_get(json, "app"), "name"),
                        "search");
    json_decref(json);
}

static void each_whole_sample_is_a_point(void **state)
{
    OWNED_HISTORY history = {0};

    (void)state;
    box.seconds[2].rss_pages ^= 1; /* torn */
    json_t *json = report();
    assert_int_equal(history_read(json, &history), 0);
    json_decref(json);
    assert_int_equal(history.count, 4);
    assert_true(history.points[3].values[HISTORY_RSS] == 5 << 20);
    assert_int_equal(history.points[3].time_ms, NOON_MS + 4000);
}

static void alarms_of_its_life_are_marked(void **state)
{
    OWNED_HISTORY history = {0};

    (void)state;
    add_alarm(0, BOX_ALARM_LIMIT, 2);
    add_alarm(1, BOX_ALARM_PRESSURE, 3);
    add_alarm(2, 99, 4); /* of no rule we know */
    add_alarm(3, BOX_ALARM_LIMIT, 4);
    box.alarms[3].used_bytes++; /* torn */
    json_t *json = report();
    assert_int_equal(history_read(json, &history), 0);
    json_decref(json);
    assert_int_equal(history.mark_count, 2);
    assert_int_equal(history.marks[0].kind, HISTORY_ALARM);
    assert_int_equal(history.marks[0].time_ms, NOON_MS + 2000);
    assert_string_equal(history.marks[0].text,
                        "limit: 240.0 of 256.0 MiB in use (94 %)");
}

/* From the kernel's text to the chart: status says VmSwap: 2048 kB. */
static void swap_of_recorded_files_reaches_the_history(void **state)
{
    static struct memory_stats stats;
    struct sample_rings rings = {0};
    OWNED_HISTORY history = {0};
    struct box_sample sample;

    (void)state;
    memset(box.seconds, 0, sizeof box.seconds);
    memory_stats_open(&stats, RECORDED "/v2", "/app.slice/app.scope");
    memory_stats_read(&stats, true, &sample); /* with what is slow to read */
    sample.time_ms = 0;
    box_ring_append(box.seconds, BOX_SECONDS_COUNT, 1, &sample); /* the box's */
    sample_rings_add(&rings, &box, 1000, &sample);
    memory_stats_read(&stats, false, &sample);
    sample_rings_add(&rings, &box, 2000, &sample);
    memory_stats_close(&stats);
    json_t *json = report();
    assert_int_equal(history_read(json, &history), 0);
    json_decref(json);
    assert_int_equal(history.count, 3);
    assert_true(history.points[1].values[HISTORY_SWAP] == 2 << 20);
    assert_true(isnan(history.points[2].values[HISTORY_SWAP]));
    assert_true(history.points[2].values[HISTORY_RSS] == 12000 * 4096);
    assert_true(history.points[2].values[HISTORY_PRESSURE_SOME] == 123);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(
            who_it_is_comes_from_its_identity_or_its_own_word, set_up),
        cmocka_unit_test_setup(each_whole_sample_is_a_point, set_up),
        cmocka_unit_test_setup(alarms_of_its_life_are_marked, set_up),
        cmocka_unit_test_setup(swap_of_recorded_files_reaches_the_history,
                               set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
