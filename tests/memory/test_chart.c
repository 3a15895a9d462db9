/* Axes, histories and the choice of charts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reporter/chart/axis.h"
#include "reporter/chart/chart_set.h"
#include "reporter/chart/plot.h"
#include "reporter/chart/summary.h"
#include "reporter/chart/svg_chart.h"
#include "tests/unit/support.h"

#define MIB (1024.0 * 1024.0)

static void axis_of_bytes_has_binary_steps_and_reaches_the_highest(void **s)
{
    static const struct {
        double high, step;
        unsigned count;
    } cases[] = {
        {230 * MIB, 64 * MIB, 4},
        {256 * MIB, 64 * MIB, 4},
        {257 * MIB, 128 * MIB, 3},
        {1, 1, 1},
        {5, 2, 3},
    };

    (void)s;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct axis axis = axis_make(AXIS_BYTES, cases[i].high, 4);
        assert_true(axis.step == cases[i].step);
        assert_int_equal(axis.count, cases[i].count);
        assert_true(axis_top(&axis) >= cases[i].high);
    }
}

static void axis_of_nothing_still_has_a_height(void **s)
{
    static const double highs[] = {0, -1, NAN, INFINITY};

    (void)s;
    for (size_t i = 0; i < ARRAY_LENGTH(highs); i++) {
        for (int unit = AXIS_BYTES; unit <= AXIS_COUNT; unit++) {
            struct axis axis = axis_make((enum axis_unit)unit, highs[i], 4);
            assert_true(axis_top(&axis) >= 1);
            assert_true(axis.count >= 1 && axis.count <= 4);
        }
    }
}

static void axis_of_counts_has_steps_of_1_2_5(void **s)
{
    (void)s;
    assert_true(axis_make(AXIS_COUNT, 43, 4).step == 20);
    assert_true(axis_make(AXIS_RATE, 1996, 4).step == 500);
    assert_true(axis_make(AXIS_COUNT, 3, 4).step == 1);
    assert_true(axis_top(&(struct axis){AXIS_COUNT, 20, 3}) == 60);
}

static void labels_are_short_and_texts_exact(void **s)
{
    char text[AXIS_TEXT_BYTES];

    (void)s;
    axis_label(AXIS_BYTES, 64 * MIB, text);
    assert_string_equal(text, "64 MiB");
    axis_label(AXIS_RATE, 1500, text);
    assert_string_equal(text, "1.5 k/s");
    axis_label(AXIS_PERCENT, 200, text);
    assert_string_equal(text, "20 %");
    axis_label(AXIS_COUNT, 0, text);
    assert_string_equal(text, "0");
    axis_text(AXIS_COUNT, 1234567, text);
    assert_string_equal(text, "1,234,567");
    axis_text(AXIS_RATE, 0.25, text);
    assert_string_equal(text, "0.2/s");
    axis_text(AXIS_BYTES, NAN, text);
    assert_string_equal(text, "–");
    axis_duration(24 * 3600000LL, text);
    assert_string_equal(text, "24 h");
    axis_duration(3 * 3600000LL + 12 * 60000LL, text);
    assert_string_equal(text, "3 h 12 min");
    axis_duration(119000, text);
    assert_string_equal(text, "119 s");
}

/* 2026-11-24T12:00:00Z */
#define NOON_MS 1795521600000LL

static void time_ticks_lie_at_round_moments_of_the_local_clock(void **s)
{
    (void)s;
    struct axis_times times = axis_times_make(NOON_MS - 600000, NOON_MS, 0, 6);
    assert_int_equal(times.count, 6);
    assert_int_equal(times.step_ms, 120000);
    assert_true(times.ms[0] == NOON_MS - 600000 && times.ms[5] == NOON_MS);
    /* A clock that is half an hour ahead has its hours elsewhere. */
    times = axis_times_make(NOON_MS - 6 * 3600000LL, NOON_MS, 1800, 6);
    assert_int_equal(times.step_ms, 2 * 3600000);
    for (size_t i = 0; i < times.count; i++)
        assert_int_equal((times.ms[i] + 1800000) % times.step_ms, 0);
}

static void no_span_has_more_ticks_than_asked_for(void **s)
{
    (void)s;
    for (int64_t span_ms = 0; span_ms < 1000LL * 86400000;
         span_ms = span_ms * 5 / 4 + 7) {
        struct axis_times times =
            axis_times_make(NOON_MS, NOON_MS + span_ms, -3600, 5);
        assert_true(times.count <= 5);
        assert_true(span_ms < 4000 || times.count >= 1);
        for (size_t i = 0; i < times.count; i++) {
            int64_t at = times.ms[i];
            assert_true(at >= NOON_MS && at <= NOON_MS + span_ms);
            assert_true(i == 0 || at == times.ms[i - 1] + times.step_ms);
        }
    }
}

static void a_plot_keeps_everything_within_its_edges(void **s)
{
    const struct plot plot = {1000, 3000, 100, 200, 50};

    (void)s;
    assert_true(plot_x(&plot, 1000) == 0 && plot_x(&plot, 3000) == 200);
    assert_true(plot_x(&plot, 2000) == 100);
    assert_true(plot_x(&plot, 0) == 0 && plot_x(&plot, 9000) == 200);
    assert_true(plot_y(&plot, 0) == 50 && plot_y(&plot, 100) == 0);
    assert_true(plot_y(&plot, 25) == 37.5);
    assert_true(plot_y(&plot, 1e9) == 0 && plot_y(&plot, -5) == 50);
    assert_true(plot_x(&(struct plot){5, 5, 1, 200, 1}, 5) == 0);
}

static json_t *sample(int second, int rss_mib)
{
    return json_pack(
        "{s:o, s:o, s:i, s:s}", "time",
        json_sprintf("2026-11-24T12:%02d:%02d.000Z", second / 60, second % 60),
        "rssBytes", json_sprintf("%lld", rss_mib * 1048576LL), "minorFaults",
        100, "swapBytes", "0");
}

static json_t *report_of(json_t *samples)
{
    return json_pack("{s:s, s:s, s:{s:o}}", "kind", "SNAPSHOT", "time",
                     "2026-11-24T12:02:00.000Z", "memory", "samples", samples);
}

/* Seconds 0 to 9, then 40 to 49. */
static void fill(struct history *history)
{
    json_t *samples = json_array();

    for (int i = 0; i < 10; i++)
        json_array_append_new(samples, sample(i, 10 + i));
    json_array_append_new(samples, sample(5, 500)); /* out of order */
    json_array_append_new(samples, json_pack("{s:s}", "time", "tomorrow"));
    for (int i = 40; i < 50; i++)
        json_array_append_new(samples, sample(i, 20));
    json_t *report = report_of(samples);
    assert_int_equal(history_read(report, history), 0);
    json_decref(report);
}

static void a_history_keeps_what_has_its_time_in_order(void **s)
{
    OWNED_HISTORY history = {0};

    (void)s;
    fill(&history);
    struct history_span span = history_whole(&history);
    assert_int_equal(history.count, 20);
    assert_int_equal(span_known(&span, HISTORY_RSS), 20);
    assert_int_equal(span_known(&span, HISTORY_ANON), 0);
    assert_true(isnan(span_last(&span, HISTORY_ANON)));
    assert_true(span_highest(&span, HISTORY_RSS) == 20 * MIB);
}

static void faults_become_a_rate_over_the_time_between_samples(void **s)
{
    OWNED_HISTORY history = {0};

    (void)s;
    fill(&history);
    assert_true(isnan(history.points[0].values[HISTORY_MINOR_FAULTS]));
    assert_true(history.points[1].values[HISTORY_MINOR_FAULTS] == 100);
    double rate = history.points[10].values[HISTORY_MINOR_FAULTS];
    assert_true(fabs(rate - 100.0 / 31) < 0.001); /* after the gap */
}

/* Of 10 s each, 10 faults a second; the largest of an interval comes first, or
 * last. */
static void rate_of_coarse_samples_is_that_of_their_intervals(void **s)
{
    OWNED_HISTORY history = {0};
    json_t *samples = json_array();

    (void)s;
    for (int i = 0; i < 20; i++)
        json_array_append_new(samples, sample(10 * i + (i % 2 ? 0 : 9), 10));
    json_t *report = report_of(samples);
    assert_int_equal(history_read(report, &history), 0);
    json_decref(report);
    for (size_t i = 1; i < history.count; i++) {
        double rate = history.points[i].values[HISTORY_MINOR_FAULTS];
        assert_true(rate > 5 && rate < 15);
    }
}

static void a_gap_is_where_nothing_was_sampled_for_long(void **s)
{
    OWNED_HISTORY history = {0};

    (void)s;
    fill(&history);
    struct history_span span = history_whole(&history);
    for (size_t i = 0; i < history.count; i++)
        assert_int_equal(span_gap(&span, i), i == 10);
}

static void a_line_goes_on_over_samples_that_lack_its_figure(void **s)
{
    OWNED_HISTORY history = {0};

    (void)s;
    fill(&history);
    struct history_span span = history_whole(&history);
    for (size_t i = 0; i < history.count; i++) {
        if (i % 5 != 0)
            history.points[i].values[HISTORY_SWAP] = NAN;
    }
    assert_false(span_joins(&span, HISTORY_SWAP, 0));
    assert_true(span_joins(&span, HISTORY_SWAP, 5));
    assert_false(span_joins(&span, HISTORY_SWAP, 10)); /* the gap */
    assert_true(span_joins(&span, HISTORY_SWAP, 15));
    for (size_t i = 1; i < 10; i++) {
        history.points[i].time_ms =
            history.points[0].time_ms + 3100LL * (int64_t)i;
    }
    assert_false(span_joins(&span, HISTORY_SWAP, 5)); /* 15.5 s */
    assert_true(span_joins(&span, HISTORY_RSS, 5));
}

static void a_mark_behind_the_last_sample_lengthens_the_axis(void **s)
{
    OWNED_HISTORY history = {0};

    (void)s;
    fill(&history);
    assert_int_equal(history.mark_count, 1);
    assert_int_equal(history.marks[0].kind, HISTORY_LOOK);
    struct history_span span = history_whole(&history);
    assert_int_equal(span_end_ms(&span) - span_begin_ms(&span), 120000);
    span = history_last(&history, 75000);
    assert_int_equal(span.begin, 15); /* from second 45 on */
}

static void what_is_always_zero_is_said_not_drawn(void **s)
{
    OWNED_HISTORY history = {0};
    struct chart_set set;

    (void)s;
    fill(&history);
    struct history_span span = history_whole(&history);
    chart_set_choose(&span, &set);
    assert_int_equal(set.count, 2); /* memory, page faults */
    assert_int_equal(set.charts[0].line_count, 1);
    assert_int_equal(set.quiet_count, 1);
    assert_string_equal(set.quiet[0], "Nothing was swapped out.");
}

/* Process up to 20 MiB, a cgroup of so much with such a limit. */
static struct chart_set with_cgroup(double current, double limit)
{
    OWNED_HISTORY history = {0};
    struct chart_set set;

    fill(&history);
    for (size_t i = 0; i < history.count; i++) {
        history.points[i].values[HISTORY_CGROUP] = current;
        history.points[i].values[HISTORY_LIMIT] = limit;
    }
    struct history_span span = history_whole(&history);
    chart_set_choose(&span, &set);
    return set;
}

static void a_cgroup_joins_where_the_scale_is_one(void **s)
{
    (void)s;
    struct chart_set set = with_cgroup(60 * MIB, 64 * MIB);
    assert_int_equal(set.charts[0].line_count, 3);
    assert_true(set.charts[0].high == 64 * MIB);
    set = with_cgroup(600 * MIB, 640 * MIB);
    assert_string_equal(set.charts[1].name, "cgroup");
    assert_int_equal(set.charts[1].line_count, 2);
    set = with_cgroup(60 * MIB, 6400 * MIB);
    assert_int_equal(set.charts[0].line_count, 2);
    assert_true(set.charts[0].limit_above == 6400 * MIB);
}

static void a_chart_is_also_words(void **s)
{
    OWNED_HISTORY history = {0};
    struct chart_set set;
    char words[CHART_CAPTION_BYTES];
    char text[SUMMARY_BYTES];

    (void)s;
    fill(&history);
    struct history_span span = history_whole(&history);
    chart_set_choose(&span, &set);
    chart_words(&set.charts[0], &span, words);
    assert_string_equal(words, "Resident: 10.0 MiB at first, highest 20.0 MiB, "
                               "20.0 MiB at last");
    summary_write(&span, text);
    const char *times = strstr(text, "49 s in 20 samples, ");
    assert_non_null(times);
    times += strlen("49 s in 20 samples, ");
    assert_int_equal(times[4], '-'); /* the day first, and once */
    assert_memory_equal(times + strlen("2026-01-01 00:00:00"), " to ", 4);
    assert_int_equal(times[strlen("2026-01-01 00:00:00 to 00")], ':');
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

static void a_drawing_has_every_point_and_a_break_at_the_gap(void **s)
{
    OWNED_HISTORY history = {0};
    struct chart_set set;
    char *text = NULL;
    size_t size = 0;

    (void)s;
    fill(&history);
    struct history_span span = history_whole(&history);
    chart_set_choose(&span, &set);
    FILE *out = open_memstream(&text, &size);
    struct svg_chart drawing = svg_chart_make(&set.charts[0], &span);
    svg_chart_write(&drawing, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(count_of(text, "<polyline"), 2);
    size_t points = 0;
    for (const char *at = text; (at = strstr(at, "<polyline")); at++) {
        const char *end = strstr(at, "/>");
        for (const char *comma = at; comma < end; comma++)
            points += *comma == ',';
    }
    assert_int_equal(points, 20);
    assert_int_equal(count_of(text, "class='mark look'"), 1);
    assert_int_equal(count_of(text, "<title>"), 20);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            axis_of_bytes_has_binary_steps_and_reaches_the_highest),
        cmocka_unit_test(axis_of_nothing_still_has_a_height),
        cmocka_unit_test(axis_of_counts_has_steps_of_1_2_5),
        cmocka_unit_test(labels_are_short_and_texts_exact),
        cmocka_unit_test(time_ticks_lie_at_round_moments_of_the_local_clock),
        cmocka_unit_test(no_span_has_more_ticks_than_asked_for),
        cmocka_unit_test(a_plot_keeps_everything_within_its_edges),
        cmocka_unit_test(a_history_keeps_what_has_its_time_in_order),
        cmocka_unit_test(faults_become_a_rate_over_the_time_between_samples),
        cmocka_unit_test(rate_of_coarse_samples_is_that_of_their_intervals),
        cmocka_unit_test(a_gap_is_where_nothing_was_sampled_for_long),
        cmocka_unit_test(a_line_goes_on_over_samples_that_lack_its_figure),
        cmocka_unit_test(a_mark_behind_the_last_sample_lengthens_the_axis),
        cmocka_unit_test(what_is_always_zero_is_said_not_drawn),
        cmocka_unit_test(a_cgroup_joins_where_the_scale_is_one),
        cmocka_unit_test(a_chart_is_also_words),
        cmocka_unit_test(a_drawing_has_every_point_and_a_break_at_the_gap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
