/* Figures and a sentence. Context: tool. */
#include "proto/memory_alarm.h"

#include <stdio.h>

#include "proto/report_set.h"

#define MIB           (1024.0 * 1024.0)
#define S_PER_MINUTE  60.0
#define MS_PER_S      1000.0
#define MS_PER_MINUTE (S_PER_MINUTE * MS_PER_S)

static const char *const rule_names[] = {
    [BOX_ALARM_SLOPE] = "slope",
    [BOX_ALARM_LIMIT] = "limit",
    [BOX_ALARM_PRESSURE] = "pressure",
};

/* "30 min", "12 s". */
static void format_window(uint64_t ms, char *text, size_t size)
{
    if ((double)ms < 2 * MS_PER_MINUTE) {
        (void)snprintf(text, size, "%.0f s", (double)ms / MS_PER_S);
    } else {
        (void)snprintf(text, size, "%.0f min", (double)ms / MS_PER_MINUTE);
    }
}

static void format_detail(const struct box_alarm *alarm,
                          char text[MEMORY_ALARM_BYTES])
{
    char window[32];

    format_window(alarm->window_ms, window, sizeof window);
    if (alarm->rule == BOX_ALARM_SLOPE) {
        (void)snprintf(text, MEMORY_ALARM_BYTES,
                       "%.3g MiB/min for %s: its lowest level rose by %.3g MiB",
                       (double)alarm->slope_bytes_per_second * S_PER_MINUTE /
                           MIB,
                       window, (double)alarm->growth_bytes / MIB);
    } else if (alarm->rule == BOX_ALARM_LIMIT) {
        (void)snprintf(
            text, MEMORY_ALARM_BYTES, "%.1f of %.1f MiB in use (%.0f %%)",
            (double)alarm->used_bytes / MIB, (double)alarm->limit_bytes / MIB,
            (double)alarm->used_bytes * 100 / (double)alarm->limit_bytes);
    } else {
        (void)snprintf(text, MEMORY_ALARM_BYTES,
                       "tasks waited for memory during %.1f %% of %s; "
                       "this program holds %.1f of %.1f MiB",
                       alarm->pressure_permille / 10.0, window,
                       (double)alarm->used_bytes / MIB,
                       (double)alarm->limit_bytes / MIB);
    }
}

#define SET_BYTES(out, field, FIELD, value) \
    SET_KNOWN(out, ALARM, field, FIELD, (value) != BOX_UNKNOWN_U64, value)

bool memory_alarm_fill(const struct box_alarm *alarm,
                       char detail[MEMORY_ALARM_BYTES],
                       Inquest__V1__Alarm *ret_alarm)
{
    Inquest__V1__Alarm *out = ret_alarm;

    if (!box_sealed(alarm, sizeof *alarm) || alarm->rule < BOX_ALARM_SLOPE ||
        alarm->rule > BOX_ALARM_PRESSURE)
        return false;
    inquest__v1__alarm__init(out);
    format_detail(alarm, detail);
    out->rule = (char *)(uintptr_t)rule_names[alarm->rule];
    out->detail = detail;
    out->time = (int64_t)alarm->time_unix_ms;
    SET_KNOWN(out, ALARM, slope_bytes_per_second, SLOPE_BYTES_PER_SECOND,
              alarm->slope_bytes_per_second != BOX_UNKNOWN_U64,
              (int64_t)alarm->slope_bytes_per_second);
    SET_BYTES(out, growth_bytes, GROWTH_BYTES, alarm->growth_bytes);
    SET_BYTES(out, window_ms, WINDOW_MS, alarm->window_ms);
    SET_BYTES(out, used_bytes, USED_BYTES, alarm->used_bytes);
    SET_BYTES(out, limit_bytes, LIMIT_BYTES, alarm->limit_bytes);
    SET_KNOWN(out, ALARM, pressure_permille, PRESSURE_PERMILLE,
              alarm->pressure_permille != BOX_UNKNOWN_U32,
              alarm->pressure_permille);
    return true;
}
