/* Low points, slopes, thirds and halves. Context: any. */
#include "handler/sampler/leak_slope.h"

#include <string.h>

#include "proto/base/compiler.h"

#define MS_PER_HOUR  3600000.0f
#define TROUGH_PARTS 6 /* a third's rise makes one of the whole, at least */
#define LEVEL_PARTS  3 /* of the growth lie above all that was before */
#define PAIRS_MAX    (LEAK_POINTS_MAX * (LEAK_POINTS_MAX - 1) / 2)

static FAR_BEHIND float slopes[PAIRS_MAX]; /* pages an interval */

void leak_window_begin(struct leak_window *window, uint64_t window_ms,
                       uint32_t min_interval_ms)
{
    uint64_t interval_ms = window_ms / LEAK_POINTS_MAX;

    *window = (struct leak_window){0};
    if (interval_ms < min_interval_ms)
        interval_ms = min_interval_ms;
    window->interval_ms =
        (uint32_t)(interval_ms < UINT32_MAX ? interval_ms : UINT32_MAX);
    uint64_t points = window_ms / window->interval_ms;
    window->points =
        (uint32_t)(points < LEAK_POINTS_MAX ? points : LEAK_POINTS_MAX);
}

/* Points that the window, which ends at number, does not reach back to. */
static uint32_t stale_points(const struct leak_window *window, uint32_t number)
{
    uint32_t stale = 0;

    while (stale < window->count &&
           window->closed[stale].number + window->points <= number)
        stale++;
    return stale;
}

static void close_interval(struct leak_window *window)
{
    uint32_t stale = stale_points(window, window->open.number);

    memmove(window->closed, window->closed + stale,
            (window->count - stale) * sizeof *window->closed);
    window->count -= stale;
    window->closed[window->count++] = window->open;
    window->opened = false;
}

bool leak_window_add(struct leak_window *window, uint64_t time_ms,
                     uint32_t pages)
{
    uint32_t number = (uint32_t)(time_ms / window->interval_ms);
    bool closed = window->opened && number != window->open.number;

    if (closed)
        close_interval(window);
    if (!window->opened) {
        window->open = (struct leak_point){number, pages};
        window->opened = true;
    }
    if (pages < window->open.lowest_pages)
        window->open.lowest_pages = pages;
    return closed;
}

uint32_t leak_window_level(const struct leak_window *window, uint64_t time_ms)
{
    uint32_t level = 0;

    for (uint32_t i = 0; i < window->count; i++) {
        const struct leak_point *point = &window->closed[i];
        uint64_t end_ms = (uint64_t)(point->number + 1) * window->interval_ms;
        if (end_ms <= time_ms && point->lowest_pages > level)
            level = point->lowest_pages;
    }
    return level;
}

uint64_t leak_window_from_ms(const struct leak_window *window)
{
    return window->count == 0
               ? 0
               : (uint64_t)window->closed[0].number * window->interval_ms;
}

static void swap(float *a, float *b)
{
    float kept = *a;

    *a = *b;
    *b = kept;
}

/* Moves what is below pivot before what is above it: values up to *ret_j lie
 * below, from *ret_i on above. */
static void partition(float *values, float pivot, int *ret_i, int *ret_j)
{
    int i = *ret_i;
    int j = *ret_j;

    do {
        while (values[i] < pivot)
            i++;
        while (pivot < values[j])
            j--;
        if (i <= j)
            swap(&values[i++], &values[j--]);
    } while (i <= j);
    *ret_i = i;
    *ret_j = j;
}

/* The element that lies at index when values are in order (Hoare's FIND). */
static float select_nth(float *values, int count, int index)
{
    int left = 0;
    int right = count - 1;

    while (left < right) {
        int i = left;
        int j = right;
        partition(values, values[index], &i, &j);
        if (j < index)
            left = i;
        if (index < i)
            right = j;
    }
    return values[index];
}

/* The median slope of points[count], 2 or more; how many of 100 rise. */
static float median_slope(const struct leak_point *points, uint32_t count,
                          uint32_t *ret_rising_percent)
{
    int used = 0;
    int rising = 0;

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = i + 1; j < count; j++) {
            int64_t rise = (int64_t)points[j].lowest_pages -
                           (int64_t)points[i].lowest_pages;
            slopes[used++] =
                (float)rise / (float)(points[j].number - points[i].number);
            rising += rise > 0;
        }
    }
    *ret_rising_percent = used > 0 ? (uint32_t)(rising * 100 / used) : 0;
    return select_nth(slopes, used, used / 2);
}

static bool is_whole(const struct leak_window *window)
{
    if (window->points < LEAK_POINTS_MIN || window->count == 0)
        return false;
    uint32_t span =
        window->closed[window->count - 1].number - window->closed[0].number + 1;
    return span >= window->points &&
           window->count * 100 >= window->points * LEAK_PRESENT_PERCENT;
}

/* The lowest point of each third. */
static void find_troughs(const struct leak_window *window, uint32_t trough[3])
{
    for (uint32_t third = 0; third < 3; third++) {
        uint32_t begin = window->count * third / 3;
        uint32_t end = window->count * (third + 1) / 3;
        trough[third] = UINT32_MAX;
        for (uint32_t i = begin; i < end; i++) {
            if (window->closed[i].lowest_pages < trough[third])
                trough[third] = window->closed[i].lowest_pages;
        }
    }
}

static void fill_finding(const struct leak_window *window, float slope,
                         struct leak_finding *finding)
{
    float growth = slope * (float)window->points;

    finding->pages_per_hour =
        (int64_t)(slope * MS_PER_HOUR / (float)window->interval_ms);
    finding->growth_pages = growth > 0 ? (uint64_t)growth : 0;
    finding->window_ms = (uint64_t)window->points * window->interval_ms;
}

bool leak_window_slope(const struct leak_window *window,
                       struct leak_finding *ret_finding)
{
    uint32_t rising;

    if (!is_whole(window))
        return false;
    fill_finding(window, median_slope(window->closed, window->count, &rising),
                 ret_finding);
    return true;
}

bool leak_window_lasts(const struct leak_window *window)
{
    uint32_t half = window->count / 2;
    uint32_t rising;

    if (window->count < LEAK_POINTS_MIN)
        return true;
    float first = median_slope(window->closed, half, &rising);
    float second =
        median_slope(window->closed + half, window->count - half, &rising);
    return second > 0 && second * 100 >= first * LEAK_LASTING_PERCENT;
}

/* Of an even rise, a third lies between the lowest points of two thirds. */
static bool troughs_rise(const uint32_t trough[3], float growth)
{
    for (int third = 1; third < 3; third++) {
        if (trough[third] <= trough[third - 1] ||
            (float)(trough[third] - trough[third - 1]) * TROUGH_PARTS < growth)
            return false;
    }
    return true;
}

bool leak_window_judge(const struct leak_window *window,
                       const struct leak_rule *rule,
                       struct leak_finding *ret_finding)
{
    uint32_t rising;
    uint32_t trough[3];

    if (!is_whole(window))
        return false;
    find_troughs(window, trough);
    float wanted = (float)trough[0] * (float)rule->growth_percent / 100;
    if (wanted < (float)rule->growth_pages)
        wanted = (float)rule->growth_pages;
    /* Most windows end here: slopes cost a hundred times as much. */
    if (!troughs_rise(trough, wanted) ||
        (float)trough[2] <
            (float)rule->level_before_pages + wanted / LEVEL_PARTS)
        return false;
    float slope = median_slope(window->closed, window->count, &rising);
    float growth = slope * (float)window->points;
    if (growth < wanted || rising < LEAK_RISING_PERCENT ||
        !troughs_rise(trough, growth) || !leak_window_lasts(window))
        return false;
    fill_finding(window, slope, ret_finding);
    return true;
}
