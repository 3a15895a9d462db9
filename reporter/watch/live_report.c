/* Box to JSON. Context: tool. */
#include "reporter/watch/live_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/box_history.h"
#include "proto/memory_alarm.h"
#include "proto/memory_sample.h"
#include "proto/report_json.h"
#include "proto/report_set.h"
#include "reporter/state_file.h"

/* All that the message points at; nothing in it is allocated. */
struct live {
    struct box_point points[BOX_HISTORY_MAX];
    Inquest__V1__MemorySample samples[BOX_HISTORY_MAX];
    Inquest__V1__MemorySample *sample_list[BOX_HISTORY_MAX];
    Inquest__V1__MemoryCategories categories;
    Inquest__V1__Alarm alarms[BOX_ALARMS_COUNT];
    Inquest__V1__Alarm *alarm_list[BOX_ALARMS_COUNT];
    char details[BOX_ALARMS_COUNT][MEMORY_ALARM_BYTES];
    Inquest__V1__Memory memory;
    Inquest__V1__App app;
    Inquest__V1__Process process;
    Inquest__V1__Report report;
    struct box_identity identity;
    struct box_app told;
};

/* What it told of itself, what run was told, or its file's name. */
static void fill_app(const struct box *box, struct live *live)
{
    char *slash = strrchr(live->identity.executable, '/');

    inquest__v1__app__init(&live->app);
    live->told = box->app;
    live->app.name = slash ? slash + 1 : live->identity.executable;
    live->app.version = live->identity.app_version;
    if (box_sealed(&live->told, sizeof live->told)) {
        live->told.name[sizeof live->told.name - 1] = '\0';
        live->told.version[sizeof live->told.version - 1] = '\0';
        live->app.name = live->told.name;
        live->app.version = live->told.version;
    } else if (live->identity.app[0] != '\0') {
        live->app.name = live->identity.app;
    }
    live->report.app = &live->app;
}

static void fill_process(struct live *live)
{
    Inquest__V1__Process *process = &live->process;
    uint64_t start_ms = live->identity.start_unix_ms;
    uint64_t now_ms = (uint64_t)live->report.time;

    inquest__v1__process__init(process);
    SET(process, PROCESS, pid, PID, (uint32_t)live->identity.pid);
    SET(process, PROCESS, uptime_ms, UPTIME_MS,
        now_ms > start_ms ? now_ms - start_ms : 0);
    process->executable = live->identity.executable;
    process->start_time = (int64_t)start_ms;
    live->report.process = process;
}

static void fill_memory(const struct box *box, struct live *live)
{
    Inquest__V1__Memory *memory = &live->memory;
    struct box_sampler sampler;

    inquest__v1__memory__init(memory);
    memory->n_samples = box_history_read(box, live->points);
    memory->samples = live->sample_list;
    for (size_t i = 0; i < memory->n_samples; i++) {
        memory_sample_fill(&live->points[i].sample, live->points[i].unix_ms,
                           &live->samples[i]);
        live->sample_list[i] = &live->samples[i];
    }
    if (box_sampler_read(box, &sampler) &&
        memory_categories_fill(&sampler, &live->categories))
        memory->categories = &live->categories;
    live->report.memory = memory;
}

static void fill_alarms(const struct box *box, struct live *live)
{
    Inquest__V1__Memory *memory = &live->memory;

    memory->alarms = live->alarm_list;
    for (size_t i = 0; i < BOX_ALARMS_COUNT; i++) {
        struct box_alarm alarm = box->alarms[i];
        if (!memory_alarm_fill(&alarm, live->details[i], &live->alarms[i]))
            continue;
        live->alarm_list[memory->n_alarms++] = &live->alarms[i];
    }
}

int live_report(const struct box *box, json_t **ret_report)
{
    struct live *live = calloc(1, sizeof *live);

    if (!live)
        return -ENOMEM;
    inquest__v1__report__init(&live->report);
    live->report.time = clock_unix_ms();
    live->identity = box->identity;
    live->identity.executable[sizeof live->identity.executable - 1] = '\0';
    live->identity.app[sizeof live->identity.app - 1] = '\0';
    live->identity.app_version[sizeof live->identity.app_version - 1] = '\0';
    fill_app(box, live);
    fill_process(live);
    fill_memory(box, live);
    fill_alarms(box, live);
    json_t *json = report_to_json(&live->report.base);
    free(live);
    if (!json)
        return -ENOMEM;
    *ret_report = json;
    return 0;
}
