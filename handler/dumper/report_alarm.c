/* Memory alarms: the box's figures as fields and one sentence. Context: tool.
 */
#include <stdio.h>

#include "handler/dumper/report_build.h"
#include "proto/report_set.h"

#define MIB           (1024.0 * 1024.0)
#define DETAIL_BYTES  160
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
                          char text[DETAIL_BYTES])
{
    char window[32];

    format_window(alarm->window_ms, window, sizeof window);
    if (alarm->rule == BOX_ALARM_SLOPE) {
        (void)snprintf(text, DETAIL_BYTES,
                       "%.3g MiB/min for %s: its lowest level rose by %.1f MiB",
                       (double)alarm->slope_bytes_per_second * S_PER_MINUTE /
                           MIB,
                       window, (double)alarm->growth_bytes / MIB);
    } else if (alarm->rule == BOX_ALARM_LIMIT) {
        (void)snprintf(
            text, DETAIL_BYTES, "%.1f of %.1f MiB in use (%.0f %%)",
            (double)alarm->used_bytes / MIB, (double)alarm->limit_bytes / MIB,
            (double)alarm->used_bytes * 100 / (double)alarm->limit_bytes);
    } else {
        (void)snprintf(text, DETAIL_BYTES,
                       "tasks waited for memory during %.1f %% of %s; "
                       "this program holds %.1f of %.1f MiB",
                       alarm->pressure_permille / 10.0, window,
                       (double)alarm->used_bytes / MIB,
                       (double)alarm->limit_bytes / MIB);
    }
}

#define SET_BYTES(out, MESSAGE, field, FIELD, value) \
    SET_KNOWN(out, MESSAGE, field, FIELD, (value) != BOX_UNKNOWN_U64, value)

static void set_malloc(struct build *build, const struct box_alarm *alarm,
                       Inquest__V1__Alarm *out)
{
    if (alarm->malloc_used_bytes == BOX_UNKNOWN_U64)
        return;
    out->malloc = build_alloc(build, sizeof *out->malloc);
    if (!out->malloc)
        return;
    inquest__v1__malloc__init(out->malloc);
    SET_BYTES(out->malloc, MALLOC, used_bytes, USED_BYTES,
              alarm->malloc_used_bytes);
    SET_BYTES(out->malloc, MALLOC, free_bytes, FREE_BYTES,
              alarm->malloc_free_bytes);
    SET_BYTES(out->malloc, MALLOC, mapped_bytes, MAPPED_BYTES,
              alarm->malloc_mapped_bytes);
    SET_BYTES(out->malloc, MALLOC, mapped_count, MAPPED_COUNT,
              alarm->malloc_mapped_count);
}

/* NULL: torn, of no rule we know, or no room. */
static Inquest__V1__Alarm *alarm_of(struct build *build,
                                    const struct box_alarm *alarm)
{
    char detail[DETAIL_BYTES];
    Inquest__V1__Alarm *out = NULL;

    if (box_sealed(alarm, sizeof *alarm) && alarm->rule >= BOX_ALARM_SLOPE &&
        alarm->rule <= BOX_ALARM_PRESSURE)
        out = build_alloc(build, sizeof *out);
    if (!out)
        return NULL;
    inquest__v1__alarm__init(out);
    format_detail(alarm, detail);
    out->rule = build_string(build, rule_names[alarm->rule], DETAIL_BYTES);
    out->detail = build_string(build, detail, sizeof detail);
    out->time = (int64_t)alarm->time_unix_ms;
    SET_KNOWN(out, ALARM, slope_bytes_per_second, SLOPE_BYTES_PER_SECOND,
              alarm->slope_bytes_per_second != BOX_UNKNOWN_U64,
              (int64_t)alarm->slope_bytes_per_second);
    SET_BYTES(out, ALARM, growth_bytes, GROWTH_BYTES, alarm->growth_bytes);
    SET_BYTES(out, ALARM, window_ms, WINDOW_MS, alarm->window_ms);
    SET_BYTES(out, ALARM, used_bytes, USED_BYTES, alarm->used_bytes);
    SET_BYTES(out, ALARM, limit_bytes, LIMIT_BYTES, alarm->limit_bytes);
    SET_KNOWN(out, ALARM, pressure_permille, PRESSURE_PERMILLE,
              alarm->pressure_permille != BOX_UNKNOWN_U32,
              alarm->pressure_permille);
    set_malloc(build, alarm, out);
    return out;
}

void build_alarms(struct build *build)
{
    Inquest__V1__Memory *memory = build->report.memory;

    if (!memory || !build->box)
        return;
    memory->alarms =
        build_alloc(build, BOX_ALARMS_COUNT * sizeof *memory->alarms);
    for (size_t i = 0; memory->alarms && i < BOX_ALARMS_COUNT; i++) {
        struct box_alarm alarm = build->box->alarms[i];
        Inquest__V1__Alarm *out = alarm_of(build, &alarm);
        if (out)
            memory->alarms[memory->n_alarms++] = out;
    }
}

bool build_alarm(struct build *build, size_t index)
{
    struct box_alarm alarm = build->box->alarms[index % BOX_ALARMS_COUNT];

    build->report.kind = INQUEST__V1__KIND__MEMORY_ALARM;
    build->report.alarm = alarm_of(build, &alarm);
    if (build->report.alarm)
        build->report.time = build->report.alarm->time;
    return build->report.alarm;
}
