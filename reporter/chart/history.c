/* Samples and marks. Context: tool. */
#include "reporter/chart/history.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reporter/chart/history_marks.h"
#include "reporter/show/view.h"
#include "reporter/state_file.h"

#define GAP_STEPS    4
#define GAP_MS_MIN   3000
#define SPARSE_MS    15000 /* swap is read every 10 s */
#define MS_PER_S     1000.0
#define STEPS_AROUND 4     /* on each side */
#define STEP_MS_MIN  100.0 /* for a rate: samples of one moment have none */

static const char *const keys[HISTORY_VALUES] = {
    [HISTORY_RSS] = "rssBytes",
    [HISTORY_ANON] = "anonBytes",
    [HISTORY_SWAP] = "swapBytes",
    [HISTORY_HEAP] = "heapLiveBytes",
    [HISTORY_CGROUP] = "cgroupCurrentBytes",
    [HISTORY_LIMIT] = "cgroupLimitBytes",
    [HISTORY_PRESSURE_SOME] = "pressureSomePermille",
    [HISTORY_PRESSURE_FULL] = "pressureFullPermille",
    [HISTORY_MINOR_FAULTS] = "minorFaults",
    [HISTORY_MAJOR_FAULTS] = "majorFaults",
    [HISTORY_THREADS] = "threadCount",
    [HISTORY_FDS] = "fdCount",
    [HISTORY_CPU] = "cpuPermille",
};

static const char *const category_keys[HISTORY_CATEGORIES] = {
    [HISTORY_BY_HEAP] = "heapBytes",
    [HISTORY_BY_ANONYMOUS] = "anonymousBytes",
    [HISTORY_BY_STACK] = "stackBytes",
    [HISTORY_BY_FILE] = "fileBytes",
    [HISTORY_BY_SHARED] = "sharedBytes",
};

static double number(const json_t *object, const char *key)
{
    uint64_t value = 0;

    return view_number(object, key, &value) ? (double)value : NAN;
}

static int64_t step_at(const struct history *history, size_t i)
{
    return history->points[i].time_ms - history->points[i - 1].time_ms;
}

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

/*
 * What a count is of: of a coarse sample its whole interval, while its time is
 * that of the interval's largest, so that two may be a moment apart. How far
 * those around are from the second next tells how long intervals are; i > 0.
 */
static double counted_ms(const struct history *history, size_t i)
{
    int64_t steps[2 * STEPS_AROUND + 1];
    size_t first = i > STEPS_AROUND + 1 ? i - STEPS_AROUND : 2;
    size_t count = 0;
    int64_t step = step_at(history, i);

    for (size_t k = first; k <= i + STEPS_AROUND && k < history->count; k++)
        steps[count++] = (step_at(history, k) + step_at(history, k - 1)) / 2;
    if (count == 0)
        return (double)step;
    qsort(steps, count, sizeof *steps, by_size);
    int64_t usual = steps[count / 2];
    return (double)(step > usual ? step : usual);
}

/* Faults are counted since the sample before; samples come ever more often. */
static void make_rates(struct history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        struct history_point *point = &history->points[i];
        double step_ms = i > 0 ? counted_ms(history, i) : 0;
        double scale = step_ms >= STEP_MS_MIN ? MS_PER_S / step_ms : NAN;
        point->values[HISTORY_MINOR_FAULTS] *= scale;
        point->values[HISTORY_MAJOR_FAULTS] *= scale;
    }
}

static void read_point(const json_t *sample, struct history *history)
{
    struct history_point *point = &history->points[history->count];

    if (clock_parse(view_text(sample, "time"), &point->time_ms) < 0 ||
        (history->count > 0 && point->time_ms < point[-1].time_ms))
        return;
    for (size_t i = 0; i < HISTORY_VALUES; i++)
        point->values[i] = number(sample, keys[i]);
    history->count++;
}

static void read_categories(const json_t *categories, struct history *history)
{
    for (size_t i = 0; i < HISTORY_CATEGORIES; i++)
        history->categories[i] = number(categories, category_keys[i]);
    history->proportional_bytes = number(categories, "proportionalBytes");
    history->private_bytes = number(categories, "privateBytes");
}

int history_read(const json_t *report, struct history *ret_history)
{
    const json_t *memory = json_object_get(report, "memory");
    const json_t *samples = json_object_get(memory, "samples");
    size_t size = json_array_size(samples);
    size_t first = size > HISTORY_POINTS_MAX ? size - HISTORY_POINTS_MAX : 0;
    struct history history = {
        .points = calloc(size - first + 1, sizeof *history.points)};

    if (!history.points)
        return -ENOMEM;
    for (size_t i = first; i < size; i++)
        read_point(json_array_get(samples, i), &history);
    make_rates(&history);
    read_categories(json_object_get(memory, "categories"), &history);
    history_marks_read(report, &history);
    *ret_history = history;
    return 0;
}

void history_close(struct history *history)
{
    free(history->points);
    *history = (struct history){0};
}

struct history_span history_whole(const struct history *history)
{
    return (struct history_span){history, 0, history->count};
}

struct history_span history_last(const struct history *history, int64_t ms)
{
    struct history_span span = history_whole(history);
    int64_t from_ms = span.end > 0 ? span_end_ms(&span) - ms : 0;

    while (span.begin < span.end &&
           history->points[span.begin].time_ms < from_ms)
        span.begin++;
    return span;
}

size_t span_known(const struct history_span *span, enum history_value value)
{
    size_t known = 0;

    for (size_t i = span->begin; i < span->end; i++)
        known += isnan(span->history->points[i].values[value]) ? 0 : 1;
    return known;
}

double span_highest(const struct history_span *span, enum history_value value)
{
    double high = NAN;

    for (size_t i = span->begin; i < span->end; i++)
        high = fmax(high, span->history->points[i].values[value]);
    return high;
}

double span_last(const struct history_span *span, enum history_value value)
{
    for (size_t i = span->end; i > span->begin; i--) {
        double known = span->history->points[i - 1].values[value];
        if (!isnan(known))
            return known;
    }
    return NAN;
}

int64_t span_begin_ms(const struct history_span *span)
{
    return span->begin < span->end ? span->history->points[span->begin].time_ms
                                   : 0;
}

int64_t span_end_ms(const struct history_span *span)
{
    const struct history *history = span->history;
    int64_t end_ms =
        span->begin < span->end ? history->points[span->end - 1].time_ms : 0;

    for (size_t i = 0; i < history->mark_count; i++) {
        if (history->marks[i].time_ms > end_ms)
            end_ms = history->marks[i].time_ms;
    }
    return end_ms;
}

bool span_gap(const struct history_span *span, size_t index)
{
    const struct history_point *points = span->history->points;
    int64_t around_ms = GAP_MS_MIN;

    if (index == span->begin)
        return false;
    int64_t step_ms = points[index].time_ms - points[index - 1].time_ms;
    if (index > span->begin + 1) {
        int64_t before = points[index - 1].time_ms - points[index - 2].time_ms;
        around_ms = before > around_ms ? before : around_ms;
    }
    if (index + 1 < span->end) {
        int64_t after = points[index + 1].time_ms - points[index].time_ms;
        around_ms = after > around_ms ? after : around_ms;
    }
    return step_ms > GAP_STEPS * around_ms;
}

bool span_joins(const struct history_span *span, enum history_value value,
                size_t index)
{
    const struct history_point *points = span->history->points;

    for (size_t i = index; i > span->begin && !span_gap(span, i); i--) {
        if (!isnan(points[i - 1].values[value])) {
            return i == index ||
                   points[index].time_ms - points[i - 1].time_ms <= SPARSE_MS;
        }
    }
    return false;
}
