/* Ticks and their texts. Context: tool. */
#include "reporter/chart/axis.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "reporter/show/view.h"

#define KIB      1024.0
#define MS_PER_S 1000
#define MINUTE_S INT64_C(60)
#define HOUR_S   INT64_C(3600)
#define DAY_S    INT64_C(86400)

/* The smallest step of 1, 2, 5, 10, … that needs no more than steps_max. */
static double decimal_step(double high, unsigned steps_max)
{
    static const double factors[] = {1, 2, 5};
    double decade = 1;

    for (;; decade *= 10) {
        for (size_t i = 0; i < ARRAY_LENGTH(factors); i++) {
            if (factors[i] * decade * steps_max >= high)
                return factors[i] * decade;
        }
    }
}

static double binary_step(double high, unsigned steps_max)
{
    double step = 1;

    while (step * steps_max < high)
        step *= 2;
    return step;
}

struct axis axis_make(enum axis_unit unit, double high, unsigned steps_max)
{
    struct axis axis = {.unit = unit, .count = 1};

    if (!(high > 0) || isinf(high)) /* NAN too */
        high = 1;
    if (unit == AXIS_PERCENT && high < 10)
        high = 10; /* of 1 %: less is nothing to be seen */
    axis.step = unit == AXIS_BYTES ? binary_step(high, steps_max)
                                   : decimal_step(high, steps_max);
    axis.count = (unsigned)ceil(high / axis.step);
    return axis;
}

double axis_top(const struct axis *axis)
{
    return axis->step * axis->count;
}

static void bytes_label(double value, char ret_text[AXIS_TEXT_BYTES])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;

    while (value >= KIB && unit + 1 < ARRAY_LENGTH(units)) {
        value /= KIB;
        unit++;
    }
    (void)snprintf(ret_text, AXIS_TEXT_BYTES, "%.4g %s", value, units[unit]);
}

/* "950", "1.5 k", "20 M" */
static void count_label(double value, const char *suffix,
                        char ret_text[AXIS_TEXT_BYTES])
{
    static const char *const units[] = {"", " k", " M", " G"};
    size_t unit = 0;

    while (value >= 1000 && unit + 1 < ARRAY_LENGTH(units)) {
        value /= 1000;
        unit++;
    }
    (void)snprintf(ret_text, AXIS_TEXT_BYTES, "%.3g%s%s", value, units[unit],
                   suffix);
}

void axis_label(enum axis_unit unit, double value,
                char ret_text[AXIS_TEXT_BYTES])
{
    if (value == 0) {
        (void)snprintf(ret_text, AXIS_TEXT_BYTES, "0");
    } else if (unit == AXIS_BYTES) {
        bytes_label(value, ret_text);
    } else if (unit == AXIS_PERCENT) {
        (void)snprintf(ret_text, AXIS_TEXT_BYTES, "%.3g %%", value / 10);
    } else {
        count_label(value, unit == AXIS_RATE ? "/s" : "", ret_text);
    }
}

/* 1,234,567 */
static void grouped(uint64_t value, const char *suffix,
                    char ret_text[AXIS_TEXT_BYTES])
{
    char digits[AXIS_TEXT_BYTES];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t used = 0;

    for (int i = 0; i < size && used + 2 < AXIS_TEXT_BYTES; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            ret_text[used++] = ',';
        ret_text[used++] = digits[i];
    }
    (void)snprintf(ret_text + used, AXIS_TEXT_BYTES - used, "%s", suffix);
}

void axis_text(enum axis_unit unit, double value,
               char ret_text[AXIS_TEXT_BYTES])
{
    char bytes[VIEW_BYTES_TEXT];

    if (isnan(value)) {
        (void)snprintf(ret_text, AXIS_TEXT_BYTES, "–");
    } else if (unit == AXIS_BYTES) {
        view_bytes((uint64_t)value, bytes);
        (void)snprintf(ret_text, AXIS_TEXT_BYTES, "%s", bytes);
    } else if (unit == AXIS_PERCENT) {
        (void)snprintf(ret_text, AXIS_TEXT_BYTES, "%.1f %%", value / 10);
    } else if (unit == AXIS_RATE && value > 0 && value < 10) {
        (void)snprintf(ret_text, AXIS_TEXT_BYTES, "%.1f/s", value);
    } else {
        grouped((uint64_t)(value + 0.5), unit == AXIS_RATE ? "/s" : "",
                ret_text);
    }
}

static int64_t time_step_s(int64_t span_s, unsigned ticks_max)
{
    static const int64_t steps[] = {
        1,
        2,
        5,
        10,
        15,
        30,
        MINUTE_S,
        2 * MINUTE_S,
        5 * MINUTE_S,
        10 * MINUTE_S,
        15 * MINUTE_S,
        30 * MINUTE_S,
        HOUR_S,
        2 * HOUR_S,
        3 * HOUR_S,
        6 * HOUR_S,
        12 * HOUR_S,
        DAY_S,
    };

    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        if (span_s / steps[i] < ticks_max)
            return steps[i];
    }
    return (span_s / DAY_S / ticks_max + 1) * DAY_S;
}

struct axis_times axis_times_make(int64_t begin_ms, int64_t end_ms,
                                  long offset_s, unsigned count_max)
{
    int64_t step_s = time_step_s((end_ms - begin_ms) / MS_PER_S, count_max);
    int64_t local_s = begin_ms / MS_PER_S + offset_s;
    struct axis_times times = {.step_ms = step_s * MS_PER_S};

    if (end_ms - begin_ms < MS_PER_S)
        return times;
    for (int64_t at = local_s / step_s * step_s; times.count < count_max;
         at += step_s) {
        int64_t tick_ms = (at - offset_s) * MS_PER_S;
        if (tick_ms > end_ms)
            break;
        if (tick_ms >= begin_ms)
            times.ms[times.count++] = tick_ms;
    }
    return times;
}

void axis_time_label(int64_t time_ms, int64_t step_ms,
                     char ret_text[AXIS_TEXT_BYTES])
{
    time_t seconds = (time_t)(time_ms / MS_PER_S);
    struct tm parts = {0};

    localtime_r(&seconds, &parts);
    if (step_ms >= DAY_S * MS_PER_S) {
        (void)strftime(ret_text, AXIS_TEXT_BYTES, "%b %e", &parts);
    } else if (step_ms >= MINUTE_S * MS_PER_S) {
        (void)strftime(ret_text, AXIS_TEXT_BYTES, "%H:%M", &parts);
    } else {
        (void)strftime(ret_text, AXIS_TEXT_BYTES, "%T", &parts);
    }
}

long axis_offset_s(int64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / MS_PER_S);
    struct tm parts = {0};

    localtime_r(&seconds, &parts);
    return parts.tm_gmtoff;
}

/* "3 h 12 min", "24 h" */
static void two_parts(int64_t large, const char *large_unit, int64_t small,
                      const char *small_unit, char ret_text[AXIS_TEXT_BYTES])
{
    int size = snprintf(ret_text, AXIS_TEXT_BYTES, "%" PRId64 " %s", large,
                        large_unit);

    if (small > 0) {
        (void)snprintf(ret_text + size, AXIS_TEXT_BYTES - (size_t)size,
                       " %" PRId64 " %s", small, small_unit);
    }
}

void axis_duration(int64_t ms, char ret_text[AXIS_TEXT_BYTES])
{
    int64_t s = (ms + MS_PER_S / 2) / MS_PER_S;

    if (s < 2 * MINUTE_S) {
        two_parts(s, "s", 0, "", ret_text);
    } else if (s < HOUR_S) {
        two_parts((s + MINUTE_S / 2) / MINUTE_S, "min", 0, "", ret_text);
    } else if (s < 2 * DAY_S) {
        two_parts(s / HOUR_S, "h", s % HOUR_S / MINUTE_S, "min", ret_text);
    } else {
        two_parts(s / DAY_S, "d", s % DAY_S / HOUR_S, "h", ret_text);
    }
}
