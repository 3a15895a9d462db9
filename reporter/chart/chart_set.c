/* The choice of charts. Context: tool. */
#include "reporter/chart/chart_set.h"

#include <math.h>
#include <stdio.h>

const struct chart_line chart_lines[HISTORY_VALUES] = {
    [HISTORY_RSS] = {"Resident", "rss", 'R', 34, 0xff},
    [HISTORY_ANON] = {"Anonymous", "anon", 'a', 33, 0x55},
    [HISTORY_SWAP] = {"Swapped", "swap", 's', 35, 0xcc},
    [HISTORY_HEAP] = {"Live heap", "heap", 'h', 32, 0xee},
    [HISTORY_CGROUP] = {"Cgroup", "cgroup", 'c', 36, 0xf1},
    [HISTORY_LIMIT] = {"Limit", "limit", '-', 31, 0xc3},
    [HISTORY_PRESSURE_SOME] = {"Some wait", "some", 'w', 33, 0xff},
    [HISTORY_PRESSURE_FULL] = {"All wait", "full", 'W', 31, 0x55},
    [HISTORY_MINOR_FAULTS] = {"Minor faults", "minor", 'f', 34, 0xff},
    [HISTORY_MAJOR_FAULTS] = {"Major faults", "major", 'F', 31, 0xff},
    [HISTORY_THREADS] = {"Threads", "threads", 't', 34, 0xff},
    [HISTORY_FDS] = {"Descriptors", "fds", 'd', 33, 0x55},
    [HISTORY_CPU] = {"Processor", "cpu", 'p', 32, 0xff},
};

const char *const chart_categories[HISTORY_CATEGORIES] = {
    [HISTORY_BY_HEAP] = "Heap",     [HISTORY_BY_ANONYMOUS] = "Anonymous",
    [HISTORY_BY_STACK] = "Stacks",  [HISTORY_BY_FILE] = "Files",
    [HISTORY_BY_SHARED] = "Shared",
};

const char *chart_mark_sign(enum history_mark_kind kind, bool utf8)
{
    static const char *const signs[][2] = {
        [HISTORY_ALARM] = {"!", "▲"},
        [HISTORY_DEATH] = {"X", "✕"},
        [HISTORY_LOOK] = {"o", "◆"},
        [HISTORY_OOM_KILL] = {"*", "●"},
    };

    return signs[kind][utf8];
}

static struct chart *add_chart(struct chart_set *set, const char *name,
                               const char *title, enum axis_unit unit)
{
    struct chart *chart = &set->charts[set->count++];

    *chart = (struct chart){
        .name = name, .title = title, .unit = unit, .limit_above = NAN};
    return chart;
}

static void add_line(struct chart *chart, const struct history_span *span,
                     enum history_value value)
{
    if (span_known(span, value) == 0)
        return;
    chart->lines[chart->line_count++] = value;
    chart->high = fmax(chart->high, span_highest(span, value));
}

/* Where it is always zero nobody needs the line. */
static void add_line_unless_zero(struct chart *chart,
                                 const struct history_span *span,
                                 enum history_value value)
{
    if (span_highest(span, value) > 0)
        add_line(chart, span, value);
}

static void say(struct chart_set *set, const char *sentence)
{
    if (set->quiet_count < CHART_QUIET_MAX)
        set->quiet[set->quiet_count++] = sentence;
}

/* The limit, unless that would press everything else to the ground. */
static void add_limit(struct chart *chart, const struct history_span *span)
{
    double limit = span_highest(span, HISTORY_LIMIT);

    if (isnan(limit))
        return;
    if (limit > CHART_ABOVE_FACTOR * chart->high) {
        chart->limit_above = limit;
    } else {
        add_line(chart, span, HISTORY_LIMIT);
    }
}

/* The process; with its cgroup, where the two are of one scale. */
static void choose_memory(const struct history_span *span,
                          struct chart_set *set)
{
    struct chart *chart = add_chart(set, "memory", "Memory", AXIS_BYTES);
    double cgroup = span_highest(span, HISTORY_CGROUP);

    add_line(chart, span, HISTORY_RSS);
    add_line(chart, span, HISTORY_ANON);
    add_line_unless_zero(chart, span, HISTORY_SWAP);
    add_line(chart, span, HISTORY_HEAP);
    if (span_known(span, HISTORY_SWAP) > 0 &&
        !(span_highest(span, HISTORY_SWAP) > 0))
        say(set, "Nothing was swapped out.");
    if (isnan(cgroup))
        return;
    if (cgroup > CHART_ABOVE_FACTOR * chart->high)
        chart = add_chart(set, "cgroup", "Its memory cgroup", AXIS_BYTES);
    add_line(chart, span, HISTORY_CGROUP);
    add_limit(chart, span);
}

static void choose_pressure(const struct history_span *span,
                            struct chart_set *set)
{
    if (span_known(span, HISTORY_PRESSURE_SOME) == 0)
        return;
    if (!(span_highest(span, HISTORY_PRESSURE_SOME) > 0)) {
        say(set, "Nobody had to wait for memory (pressure was 0 %).");
        return;
    }
    struct chart *chart =
        add_chart(set, "pressure", "Waiting for memory", AXIS_PERCENT);
    add_line(chart, span, HISTORY_PRESSURE_SOME);
    add_line(chart, span, HISTORY_PRESSURE_FULL);
}

/* Major ones are rare and dear: lost beside the others in one chart. */
static void choose_faults(const struct history_span *span,
                          struct chart_set *set)
{
    if (span_known(span, HISTORY_MINOR_FAULTS) > 0) {
        struct chart *chart =
            add_chart(set, "faults", "Page faults", AXIS_RATE);
        add_line(chart, span, HISTORY_MINOR_FAULTS);
    }
    if (span_known(span, HISTORY_MAJOR_FAULTS) == 0)
        return;
    if (!(span_highest(span, HISTORY_MAJOR_FAULTS) > 0)) {
        say(set, "No page had to be read from disk (no major faults).");
        return;
    }
    struct chart *chart =
        add_chart(set, "major", "Page faults with a read from disk", AXIS_RATE);
    add_line(chart, span, HISTORY_MAJOR_FAULTS);
}

static void choose_counts(const struct history_span *span,
                          struct chart_set *set)
{
    struct chart chart = {.name = "threads",
                          .title = "Threads and descriptors",
                          .unit = AXIS_COUNT,
                          .limit_above = NAN};

    add_line(&chart, span, HISTORY_THREADS);
    add_line(&chart, span, HISTORY_FDS);
    if (chart.line_count > 0)
        set->charts[set->count++] = chart;
    if (span_known(span, HISTORY_CPU) > 0) {
        add_line(add_chart(set, "cpu", "Processor", AXIS_PERCENT), span,
                 HISTORY_CPU);
    }
}

void chart_set_choose(const struct history_span *span,
                      struct chart_set *ret_set)
{
    *ret_set = (struct chart_set){0};
    if (span->begin == span->end)
        return;
    choose_memory(span, ret_set);
    choose_pressure(span, ret_set);
    choose_faults(span, ret_set);
    choose_counts(span, ret_set);
}

static double first_known(const struct history_span *span,
                          enum history_value value)
{
    for (size_t i = span->begin; i < span->end; i++) {
        double known = span->history->points[i].values[value];
        if (!isnan(known))
            return known;
    }
    return NAN;
}

void chart_words(const struct chart *chart, const struct history_span *span,
                 char ret_text[CHART_CAPTION_BYTES])
{
    size_t used = 0;

    ret_text[0] = '\0';
    for (size_t i = 0; i < chart->line_count; i++) {
        char first[AXIS_TEXT_BYTES];
        char high[AXIS_TEXT_BYTES];
        char last[AXIS_TEXT_BYTES];
        axis_text(chart->unit, first_known(span, chart->lines[i]), first);
        axis_text(chart->unit, span_highest(span, chart->lines[i]), high);
        axis_text(chart->unit, span_last(span, chart->lines[i]), last);
        int size = snprintf(
            ret_text + used, CHART_CAPTION_BYTES - used,
            "%s%s: %s at first, highest %s, %s at last", i > 0 ? "; " : "",
            chart_lines[chart->lines[i]].name, first, high, last);
        used += (size_t)size;
        if (used >= CHART_CAPTION_BYTES)
            return;
    }
}
