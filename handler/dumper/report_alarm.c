/* Memory alarms of the box's life, and the report about one. Context: tool. */
#include "handler/dumper/report_build.h"
#include "proto/memory_alarm.h"

/* NULL: torn, of no rule we know, or no room. */
static Inquest__V1__Alarm *alarm_of(struct build *build,
                                    const struct box_alarm *alarm)
{
    Inquest__V1__Alarm *out = build_alloc(build, sizeof *out);
    char *detail = build_alloc(build, MEMORY_ALARM_BYTES);

    return out && detail && memory_alarm_fill(alarm, detail, out) ? out : NULL;
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
