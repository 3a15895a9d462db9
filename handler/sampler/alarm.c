/* The rules. Context: any. */
#include "handler/sampler/alarm.h"

#include <string.h>

#define PAGE_BYTES    4096u
#define PAGES_PER_MIB 256u
#define MS_PER_S      1000u
#define S_PER_HOUR    3600

/* Lengths in thirds of leak_s; the growth that is asked for, in times of the
 * settings; and how long the process must have run by then: what warms up, or
 * was once higher and fell back, is known so late. */
static const struct scale {
    uint32_t thirds;
    uint32_t from_thirds;
    uint32_t percent_times;
    uint32_t mib_times;
} scales[ALARM_WINDOWS] = {
    {1, 3, 3, 8},
    {3, 6, 1, 1},
    {24, 72, 1, 1},
    {144, 432, 1, 1},
};
#define SLOPE_WINDOW 1 /* whose slope the samples show */

static uint64_t window_ms(const struct alarm_settings *settings,
                          uint32_t thirds)
{
    return (uint64_t)settings->leak_s * MS_PER_S * thirds / 3;
}

static bool holds_share(const struct alarm_sample *sample, uint32_t limit_pages)
{
    return sample->own_pages != BOX_UNKNOWN_U32 &&
           limit_pages != BOX_UNKNOWN_U32 && limit_pages > 0 &&
           (uint64_t)sample->own_pages * 100 >=
               (uint64_t)limit_pages * ALARM_SHARE_PERCENT;
}

static void clear(struct box_alarm *alarm, enum box_alarm_rule rule)
{
    memset(alarm, 0xff, sizeof *alarm); /* nothing known */
    alarm->rule = rule;
}

static uint64_t bytes_of(uint32_t pages)
{
    return pages == BOX_UNKNOWN_U32 ? BOX_UNKNOWN_U64
                                    : (uint64_t)pages * PAGE_BYTES;
}

static int64_t bytes_per_s(const struct leak_finding *finding)
{
    return finding->pages_per_hour * PAGE_BYTES / S_PER_HOUR;
}

static bool judge(struct alarm_state *state,
                  const struct alarm_settings *settings, size_t index,
                  struct leak_finding *ret_finding)
{
    const struct leak_window *window = &state->windows[index];
    struct leak_rule rule = {
        .growth_pages =
            settings->leak_mib * scales[index].mib_times * PAGES_PER_MIB,
        .growth_percent = settings->leak_percent * scales[index].percent_times,
    };

    for (size_t i = index + 1; i < ALARM_WINDOWS; i++) {
        uint32_t level =
            leak_window_level(&state->windows[i], leak_window_from_ms(window));
        if (level > rule.level_before_pages)
            rule.level_before_pages = level;
    }
    if (index == SLOPE_WINDOW) {
        struct leak_finding seen;
        state->slope_known = leak_window_slope(window, &seen);
        if (state->slope_known)
            state->slope_bytes_per_s = bytes_per_s(&seen);
    }
    /* What warms up slowly still looks even through a short window. */
    return leak_window_judge(window, &rule, ret_finding) &&
           (index + 1 == ALARM_WINDOWS ||
            leak_window_lasts(&state->windows[index + 1]));
}

static bool slope_fires(struct alarm_state *state,
                        const struct alarm_settings *settings,
                        const struct alarm_sample *sample,
                        struct box_alarm *alarm)
{
    struct leak_finding finding;
    bool found = false;

    if (settings->leak_s == 0 || sample->own_pages == BOX_UNKNOWN_U32)
        return false;
    for (size_t i = 0; i < ALARM_WINDOWS; i++) {
        struct leak_window *window = &state->windows[i];
        if (window->interval_ms == 0) {
            leak_window_begin(window, window_ms(settings, scales[i].thirds),
                              ALARM_INTERVAL_MS_MIN);
        }
        if (leak_window_add(window, sample->time_ms, sample->own_pages) &&
            !found &&
            sample->time_ms >= window_ms(settings, scales[i].from_thirds))
            found = judge(state, settings, i, &finding);
    }
    if (!found)
        return false;
    clear(alarm, BOX_ALARM_SLOPE);
    alarm->slope_bytes_per_second = (uint64_t)bytes_per_s(&finding);
    alarm->growth_bytes = finding.growth_pages * PAGE_BYTES;
    alarm->window_ms = finding.window_ms;
    alarm->used_bytes = bytes_of(sample->used_pages);
    alarm->limit_bytes = bytes_of(sample->limit_pages);
    return true;
}

static bool is_above(const struct alarm_sample *sample, uint32_t percent)
{
    return sample->used_pages != BOX_UNKNOWN_U32 &&
           sample->limit_pages != BOX_UNKNOWN_U32 && sample->limit_pages > 0 &&
           (uint64_t)sample->used_pages * 100 >=
               (uint64_t)sample->limit_pages * percent;
}

bool alarm_limit_is_near(const struct alarm_settings *settings,
                         const struct alarm_sample *sample)
{
    return settings->limit_percent > 0 &&
           is_above(sample, settings->limit_percent);
}

/* On the way up only: once raised, it must have fallen below first. */
static bool limit_fires(struct alarm_state *state,
                        const struct alarm_settings *settings,
                        const struct alarm_sample *sample,
                        struct box_alarm *alarm)
{
    uint32_t percent = settings->limit_percent;
    uint32_t rearm =
        percent > ALARM_REARM_PERCENT ? percent - ALARM_REARM_PERCENT : 0;

    if (!is_above(sample, rearm))
        state->limit_raised = false;
    if (state->limit_raised || !alarm_limit_is_near(settings, sample) ||
        !holds_share(sample, sample->limit_pages))
        return false;
    clear(alarm, BOX_ALARM_LIMIT);
    alarm->used_bytes = bytes_of(sample->used_pages);
    alarm->limit_bytes = bytes_of(sample->limit_pages);
    return true;
}

static bool pressure_fires(struct alarm_state *state,
                           const struct alarm_settings *settings,
                           const struct alarm_sample *sample,
                           struct box_alarm *alarm)
{
    uint64_t since_ms = sample->time_ms - state->pressure_from_ms;
    uint64_t stalled_us = sample->pressure_us - state->pressure_from_us;

    if (settings->pressure_percent == 0 ||
        sample->pressure_us == BOX_UNKNOWN_U64 || since_ms < ALARM_PRESSURE_MS)
        return false;
    bool measured = state->pressure_from_ms != 0 &&
                    sample->pressure_us >= state->pressure_from_us;
    state->pressure_from_ms = sample->time_ms;
    state->pressure_from_us = sample->pressure_us;
    if (!measured || stalled_us < since_ms * 10 * settings->pressure_percent ||
        !holds_share(sample, sample->pressure_limit_pages))
        return false;
    clear(alarm, BOX_ALARM_PRESSURE);
    alarm->pressure_permille = (uint32_t)(stalled_us / since_ms);
    alarm->window_ms = since_ms;
    alarm->used_bytes = bytes_of(sample->own_pages);
    alarm->limit_bytes = bytes_of(sample->pressure_limit_pages);
    return true;
}

/* Each rule at most once an interval. */
static bool may_raise(struct alarm_state *state,
                      const struct alarm_settings *settings, uint64_t time_ms,
                      const struct box_alarm *alarm)
{
    uint64_t *next_ms = &state->next_ms[alarm->rule];

    if (time_ms < *next_ms)
        return false;
    *next_ms = time_ms + (uint64_t)settings->interval_s * MS_PER_S;
    return true;
}

bool alarm_next(struct alarm_state *state,
                const struct alarm_settings *settings,
                const struct alarm_sample *sample, struct box_alarm *ret_alarm)
{
    struct box_alarm alarm;
    bool raised = false;

    /* All look at every sample; one is told, the others fire again soon. */
    if (limit_fires(state, settings, sample, &alarm) &&
        may_raise(state, settings, sample->time_ms, &alarm)) {
        state->limit_raised = true;
        *ret_alarm = alarm;
        raised = true;
    }
    if (pressure_fires(state, settings, sample, &alarm) && !raised &&
        may_raise(state, settings, sample->time_ms, &alarm)) {
        *ret_alarm = alarm;
        raised = true;
    }
    if (slope_fires(state, settings, sample, &alarm) && !raised &&
        may_raise(state, settings, sample->time_ms, &alarm)) {
        *ret_alarm = alarm;
        raised = true;
    }
    return raised;
}
