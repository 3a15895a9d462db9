/*
 * Axes: where the ticks lie, and what is written at them. Pure functions, so
 * that a chart looks alike on a terminal and on a page. Context: tool.
 */
#ifndef INQUEST_REPORTER_AXIS_H
#define INQUEST_REPORTER_AXIS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define AXIS_TICKS_MAX  16
#define AXIS_TEXT_BYTES 32

enum axis_unit {
    AXIS_BYTES,   /* steps are powers of two */
    AXIS_PERCENT, /* values are permille */
    AXIS_RATE,    /* per second */
    AXIS_COUNT,   /* whole numbers */
};

/* Ticks at 0, step, 2 × step, … count × step, which is at least high. */
struct axis {
    enum axis_unit unit;
    double step;
    unsigned count;
};

/* For values from 0 to high (0 or more), with 1 to steps_max steps. */
struct axis axis_make(enum axis_unit unit, double high, unsigned steps_max);

/* The value at the upper end. */
double axis_top(const struct axis *axis);

/* "64 MiB", "12 %", "1.5 k/s", "12": short, for a tick. */
void axis_label(enum axis_unit unit, double value,
                char ret_text[AXIS_TEXT_BYTES]);

/* The same for a reader: "64.3 MiB", "1.2 %", "1,234/s"; "–" for NAN. */
void axis_text(enum axis_unit unit, double value,
               char ret_text[AXIS_TEXT_BYTES]);

/* Moments of a time axis. */
struct axis_times {
    int64_t ms[AXIS_TICKS_MAX];
    size_t count;
    int64_t step_ms; /* between two */
};

/*
 * Moments in [begin_ms, end_ms] at whole seconds, minutes, hours or days of a
 * clock that is offset_s ahead of UTC; at most count_max (1 to
 * AXIS_TICKS_MAX), none when the span is shorter than a second.
 */
struct axis_times axis_times_make(int64_t begin_ms, int64_t end_ms,
                                  long offset_s, unsigned count_max);

/* "12:04", with seconds where the step is below a minute; a date from a day
 * on. Local time. */
void axis_time_label(int64_t time_ms, int64_t step_ms,
                     char ret_text[AXIS_TEXT_BYTES]);

/* How far the local clock is ahead of UTC at that moment, seconds. */
long axis_offset_s(int64_t time_ms);

/* "45 s", "10 min", "3 h 12 min", "2 d 3 h". */
void axis_duration(int64_t ms, char ret_text[AXIS_TEXT_BYTES]);

#endif
