/*
 * Whether memory leaks, seen from outside: a window of low points that rise,
 * and go on rising.
 *
 * A program that collects garbage fills its heap and falls back, a cache fills
 * and then holds: both rise for a while. What only a leak does is to raise the
 * level that the program falls back to. So each interval of a window is known
 * by its lowest sample, and a leak is told when
 *
 *     the median of all slopes between two points (Theil 1950, Sen 1968) makes
 *       the growth that was asked for, and four fifths of them rise
 *     the lowest point of each third of the window lies well above the one of
 *       the third before: steps and noise do not make it
 *     the second half rises nearly as fast as the first: nothing levels off
 *     the level is well above all that was seen, and given back, before
 *
 * Pure functions of the series; no allocation. Not for two threads at a time.
 * Context: any.
 */
#ifndef INQUEST_HANDLER_LEAK_SLOPE_H
#define INQUEST_HANDLER_LEAK_SLOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEAK_POINTS_MAX      60
#define LEAK_POINTS_MIN      6  /* fewer are not judged */
#define LEAK_PRESENT_PERCENT 80 /* of a window's intervals must be known */
#define LEAK_RISING_PERCENT  80 /* of the pairs */
#define LEAK_LASTING_PERCENT 80 /* second half's slope of the first's */

/* One interval: number is its time divided by its length. */
struct leak_point {
    uint32_t number;
    uint32_t lowest_pages;
};

struct leak_window {
    uint32_t interval_ms; /* 0: not begun */
    uint32_t points;      /* intervals that make it whole */
    uint32_t count;
    struct leak_point open; /* the interval that is not over */
    bool opened;
    struct leak_point closed[LEAK_POINTS_MAX]; /* oldest first */
};

/* Begins an empty window of window_ms in intervals of min_interval_ms at
 * least. */
void leak_window_begin(struct leak_window *window, uint64_t window_ms,
                       uint32_t min_interval_ms);

/* Takes a sample; time_ms never falls. True: an interval was closed, so that
 * judging again may tell something new. */
bool leak_window_add(struct leak_window *window, uint64_t time_ms,
                     uint32_t pages);

/* The highest level of the intervals that ended before time_ms; 0: none. */
uint32_t leak_window_level(const struct leak_window *window, uint64_t time_ms);

/* When the window's oldest interval began. */
uint64_t leak_window_from_ms(const struct leak_window *window);

/* Whether the second half of the window, whole or not, rises nearly as fast as
 * the first; true as well while there is too little to tell. */
bool leak_window_lasts(const struct leak_window *window);

/* What growth counts as a leak. */
struct leak_rule {
    uint32_t growth_pages;       /* at least so much in the window … */
    uint32_t growth_percent;     /* … and so much of where it began */
    uint32_t level_before_pages; /* it must end well above it */
};

struct leak_finding {
    int64_t pages_per_hour; /* the slope */
    uint64_t growth_pages;  /* slope times window */
    uint64_t window_ms;
};

/* False, and *ret_finding untouched, until the window is whole. */
bool leak_window_slope(const struct leak_window *window,
                       struct leak_finding *ret_finding);

/* Whether that is a leak; *ret_finding as above, untouched when it is not. */
bool leak_window_judge(const struct leak_window *window,
                       const struct leak_rule *rule,
                       struct leak_finding *ret_finding);

#endif
