/* A history in words. Context: tool. */
#include "reporter/chart/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "reporter/chart/axis.h"

#define GROWTH_PARTS  20 /* less than one of them is none */
#define GROWTH_MS_MIN 10000
#define MS_PER_S      1000
#define DATE_BYTES    11 /* of a time: said once if it is the same */
#define CLOCK_BYTES   8
#define MS_PER_MINUTE 60000.0

void summary_time(int64_t time_ms, char ret_text[SUMMARY_TIME_BYTES])
{
    time_t seconds = (time_t)(time_ms / MS_PER_S);
    struct tm parts = {0};

    localtime_r(&seconds, &parts);
    (void)strftime(ret_text, SUMMARY_TIME_BYTES, "%Y-%m-%d %H:%M:%S %Z",
                   &parts);
}

static int write_time(const struct history_span *span, char *text)
{
    char begin[SUMMARY_TIME_BYTES];
    char end[SUMMARY_TIME_BYTES];
    char duration[AXIS_TEXT_BYTES];
    int64_t begin_ms = span_begin_ms(span);
    int64_t last_ms = span->history->points[span->end - 1].time_ms;
    size_t count = span->end - span->begin;

    summary_time(last_ms, end);
    if (count == 1)
        return snprintf(text, SUMMARY_BYTES, "One sample, %s.", end);
    axis_duration(last_ms - begin_ms, duration);
    summary_time(begin_ms, begin);
    if (strncmp(begin, end, DATE_BYTES) == 0) {
        begin[DATE_BYTES + CLOCK_BYTES] = '\0'; /* and so is the zone */
        memmove(end, end + DATE_BYTES, sizeof end - DATE_BYTES);
    }
    return snprintf(text, SUMMARY_BYTES, "%s in %zu samples, %s to %s.",
                    duration, count, begin, end);
}

void summary_write(const struct history_span *span,
                   char ret_text[SUMMARY_BYTES])
{
    char last[AXIS_TEXT_BYTES];
    char high[AXIS_TEXT_BYTES];
    double limit = span_last(span, HISTORY_LIMIT);

    ret_text[0] = '\0';
    if (span->begin == span->end)
        return;
    int size = write_time(span, ret_text);
    axis_text(AXIS_BYTES, span_last(span, HISTORY_RSS), last);
    axis_text(AXIS_BYTES, span_highest(span, HISTORY_RSS), high);
    size += snprintf(ret_text + size, SUMMARY_BYTES - (size_t)size,
                     " Resident memory %s", last);
    if (span->end - span->begin > 1) {
        size += snprintf(ret_text + size, SUMMARY_BYTES - (size_t)size,
                         " at last, highest %s", high);
    }
    if (!isnan(limit)) {
        axis_text(AXIS_BYTES, limit, high);
        size += snprintf(ret_text + size, SUMMARY_BYTES - (size_t)size,
                         "; the limit is %s", high);
    }
    (void)snprintf(ret_text + size, SUMMARY_BYTES - (size_t)size, ".");
}

void summary_growth(const struct history_span *span,
                    char ret_text[SUMMARY_BYTES])
{
    char grown[AXIS_TEXT_BYTES];
    char rate[AXIS_TEXT_BYTES];
    struct history_span first = {span->history, span->begin, span->begin + 1};

    ret_text[0] = '\0';
    if (span->end - span->begin < 2)
        return;
    double from = span_last(&first, HISTORY_ANON);
    double growth = span_last(span, HISTORY_ANON) - from;
    int64_t ms =
        span->history->points[span->end - 1].time_ms - span_begin_ms(span);
    if (!(growth > from / GROWTH_PARTS) || ms < GROWTH_MS_MIN)
        return;
    axis_text(AXIS_BYTES, growth, grown);
    axis_text(AXIS_BYTES, growth / (double)ms * MS_PER_MINUTE, rate);
    (void)snprintf(ret_text, SUMMARY_BYTES,
                   "Anonymous memory grew by %s, %s a minute.", grown, rate);
}
