/*
 * The memory history of a report as numbers: one point a sample, what is not
 * known NAN, and the moments worth a mark. All drawing, on a terminal and on a
 * page, starts here. Context: tool.
 */
#ifndef INQUEST_REPORTER_HISTORY_H
#define INQUEST_REPORTER_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define HISTORY_POINTS_MAX 4096
#define HISTORY_MARKS_MAX  32
#define HISTORY_MARK_BYTES 200

/* Bytes, permille, counts; faults per second since the point before. */
enum history_value {
    HISTORY_RSS,
    HISTORY_ANON,
    HISTORY_SWAP,
    HISTORY_HEAP,
    HISTORY_CGROUP,
    HISTORY_LIMIT,
    HISTORY_PRESSURE_SOME,
    HISTORY_PRESSURE_FULL,
    HISTORY_MINOR_FAULTS,
    HISTORY_MAJOR_FAULTS,
    HISTORY_THREADS,
    HISTORY_FDS,
    HISTORY_CPU,
    HISTORY_VALUES
};

struct history_point {
    int64_t time_ms; /* CLOCK_REALTIME; rises */
    double values[HISTORY_VALUES];
};

enum history_mark_kind {
    HISTORY_ALARM,
    HISTORY_DEATH,
    HISTORY_LOOK,     /* a snapshot */
    HISTORY_OOM_KILL, /* of another process of its cgroup, or of it */
};

struct history_mark {
    int64_t time_ms;
    enum history_mark_kind kind;
    char word[24];                 /* "alarm", "SIGSEGV", "OOM_KILL" */
    char text[HISTORY_MARK_BYTES]; /* a sentence of it, or "" */
};

/* Resident memory by kind, bytes; NAN: not known. */
enum history_category {
    HISTORY_BY_HEAP,
    HISTORY_BY_ANONYMOUS,
    HISTORY_BY_STACK,
    HISTORY_BY_FILE,
    HISTORY_BY_SHARED,
    HISTORY_CATEGORIES
};

struct history {
    struct history_point *points;
    size_t count;
    struct history_mark marks[HISTORY_MARKS_MAX]; /* oldest first */
    size_t mark_count;
    double categories[HISTORY_CATEGORIES];
    double proportional_bytes; /* PSS */
    double private_bytes;      /* USS */
};

#define OWNED_HISTORY CLEANUP(history_close) struct history

/*
 * Reads the report's JSON: samples without a time or out of order are left
 * out, further ones than HISTORY_POINTS_MAX too (the oldest). Fails with
 * -ENOMEM. A report without samples has count 0.
 */
MUST_CHECK int history_read(const json_t *report, struct history *ret_history);
void history_close(struct history *history);

/* A part of a history: points [begin, end). */
struct history_span {
    const struct history *history;
    size_t begin, end;
};

struct history_span history_whole(const struct history *history);
/* The last so many milliseconds. */
struct history_span history_last(const struct history *history, int64_t ms);

/* How many points know the value; the highest; the last known; or NAN. */
size_t span_known(const struct history_span *span, enum history_value value);
double span_highest(const struct history_span *span, enum history_value value);
double span_last(const struct history_span *span, enum history_value value);

/* First and last moment of the span, marks behind its last point included. */
int64_t span_begin_ms(const struct history_span *span);
int64_t span_end_ms(const struct history_span *span);

/*
 * Whether the line is broken before point index: more time passed than four
 * times the larger of the steps around it (the process was frozen or the
 * machine slept).
 */
bool span_gap(const struct history_span *span, size_t index);

/*
 * Whether the line of value goes on to point index, where it is known, from
 * the last point where it is: no gap lies between, and moments without it are
 * those of a figure that only every tenth sample has.
 */
bool span_joins(const struct history_span *span, enum history_value value,
                size_t index);

#endif
