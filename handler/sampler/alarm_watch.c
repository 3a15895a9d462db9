/* Rules to record to report. Context: guest. */
#include "handler/sampler/alarm_watch.h"

#include <time.h>

#include "handler/crash/crash_dump.h"
#include "handler/guest.h"
#include "proto/base/sys.h"

#define BYTES_PER_KIB 1024
#define ROOM_PAGES    ((uint64_t)ALARM_ROOM_MIB * 256u)

static void write_record(struct alarm_watch *watch, struct box *box,
                         struct box_alarm *alarm)
{
    struct box_alarm *slot = &box->alarms[watch->count];

    alarm->time_unix_ms = sys_unix_ms();
    box_unseal(slot);
    *slot = *alarm;
    box_seal(slot, sizeof *slot, ++watch->count);
    watch->tries = 1;
    watch->next_ms = 0;
}

static int16_t slope_of(const struct alarm_state *state)
{
    int64_t kib_per_s = state->slope_bytes_per_s / BYTES_PER_KIB;

    if (!state->slope_known)
        return INT16_MIN;
    if (kib_per_s > INT16_MAX)
        return INT16_MAX;
    return (int16_t)(kib_per_s <= INT16_MIN ? -INT16_MAX : kib_per_s);
}

void alarm_watch_sample(struct alarm_watch *watch, struct box *box,
                        struct memory_stats *stats, uint64_t awake_ms,
                        struct box_sample *sample)
{
    const struct alarm_settings *settings = &guest.config.alarm;
    struct box_alarm alarm;

    memory_stats_alarm(stats, sample, &watch->now);
    watch->now.time_ms = awake_ms;
    if (alarm_limit_is_near(settings, &watch->now)) {
        memory_stats_reclaimable(stats);
        memory_stats_alarm(stats, sample, &watch->now);
    }
    bool raised = alarm_next(&watch->state, settings, &watch->now, &alarm);
    sample->slope_kib_per_s = slope_of(&watch->state);
    if (raised && watch->count < BOX_ALARMS_COUNT)
        write_record(watch, box, &alarm);
}

/* The dumper's memory counts in our cgroup: it shall not be what fills it. */
static bool has_room(const struct alarm_sample *now)
{
    if (now->used_pages == BOX_UNKNOWN_U32 ||
        now->limit_pages == BOX_UNKNOWN_U32)
        return true;
    return now->used_pages + ROOM_PAGES <= now->limit_pages;
}

void alarm_watch_report(struct alarm_watch *watch)
{
    char index[2] = {(char)('0' + watch->count - 1), '\0'};

    if (watch->tries == 0 || watch->now.time_ms < watch->next_ms ||
        !has_room(&watch->now))
        return;
    struct crash_dump_result result =
        crash_dump_live(&guest.file, "alarm", index);
    if (result.state == BOX_DUMP_FAILED && watch->tries < ALARM_TRIES_MAX) {
        watch->tries++;
        watch->next_ms = watch->now.time_ms + ALARM_RETRY_MS;
    } else {
        watch->tries = 0;
    }
}
