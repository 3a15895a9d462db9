/*
 * When to raise a memory alarm. Three rules, each at most once an interval:
 *
 *     slope     anonymous and swapped memory leaks (leak_slope.h), looked for
 *               in four windows: a third of leak_s, leak_s, 8 times, 48 times
 *               (10 min to a day), each once the process has run for some
 *               windows; the shortest wants much more growth
 *     limit     the limiting cgroup (none: the machine) is nearly full
 *     pressure  tasks wait for memory, by the kernel's own account (PSI)
 *
 * Others may fill a cgroup or a machine: for limit and pressure this process
 * must hold ALARM_SHARE_PERCENT of it. Times are of a clock that stands still
 * while the machine sleeps. Pure functions. Context: any.
 */
#ifndef INQUEST_HANDLER_ALARM_H
#define INQUEST_HANDLER_ALARM_H

#include "handler/sampler/leak_slope.h"
#include "proto/box.h"

#define ALARM_WINDOWS         4
#define ALARM_INTERVAL_MS_MIN 1000u /* of a window's points */
#define ALARM_SHARE_PERCENT   10u
#define ALARM_REARM_PERCENT   10u /* limit: after it fell so far below */
#define ALARM_PRESSURE_MS     10000u
#define ALARM_NUMBER_MAX      1000000u /* of each setting */

/* Thresholds; 0 switches a rule off. Keys of the configuration: alarm_limit,
 * alarm_leak, alarm_leak_mib, alarm_leak_window, alarm_pressure,
 * alarm_interval. */
struct alarm_settings {
    uint32_t limit_percent;
    uint32_t leak_percent;
    uint32_t leak_mib;
    uint32_t leak_s;
    uint32_t pressure_percent;
    uint32_t interval_s;
};

#define ALARM_DEFAULTS                               \
    ((struct alarm_settings){.limit_percent = 90,    \
                             .leak_percent = 10,     \
                             .leak_mib = 16,         \
                             .leak_s = 1800,         \
                             .pressure_percent = 20, \
                             .interval_s = 21600})

/* One moment. BOX_UNKNOWN_U32 (U64): not known. */
struct alarm_sample {
    uint64_t time_ms;    /* since the start of the process */
    uint32_t own_pages;  /* anonymous and swapped, of this process */
    uint32_t used_pages; /* of limit_pages, without file cache */
    uint32_t limit_pages;
    uint64_t pressure_us;          /* total of all stalls so far */
    uint32_t pressure_limit_pages; /* memory of those who wait */
};

/* {0} is the start. */
struct alarm_state {
    struct leak_window windows[ALARM_WINDOWS];
    uint64_t next_ms[BOX_ALARM_PRESSURE + 1]; /* by rule: not before */
    bool limit_raised;                        /* and not fallen below since */
    uint64_t pressure_from_ms;
    uint64_t pressure_from_us;
    int64_t slope_bytes_per_s; /* of the second window, once it is whole */
    bool slope_known;
};

/*
 * Whether limit would fire on this sample: used_pages may be old by then, and
 * is worth reading again.
 */
bool alarm_limit_is_near(const struct alarm_settings *settings,
                         const struct alarm_sample *sample);

/*
 * Takes one sample. True: raise *ret_alarm, whose time and seal are the
 * caller's to fill.
 */
bool alarm_next(struct alarm_state *state,
                const struct alarm_settings *settings,
                const struct alarm_sample *sample, struct box_alarm *ret_alarm);

#endif
