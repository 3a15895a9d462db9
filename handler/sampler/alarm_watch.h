/*
 * From a sample to a MEMORY_ALARM report, while the program goes on:
 *
 *     rules (alarm.h) -> record in the box -> dumper, mode "alarm" -> queue
 *
 * The sampler's thread alone waits for the dumper, which stops nobody and
 * shares the program's memory until it execs. Where there is no room for it
 * below the cgroup's limit, or it failed, the record waits in the box: for
 * room, or for whatever report comes next. Context: guest.
 */
#ifndef INQUEST_HANDLER_ALARM_WATCH_H
#define INQUEST_HANDLER_ALARM_WATCH_H

#include "handler/sampler/alarm.h"
#include "handler/sampler/memory_stats.h"

#define ALARM_ROOM_MIB  4u /* a dumper took 0.5 of a cgroup, measured */
#define ALARM_TRIES_MAX 5
#define ALARM_RETRY_MS  30000u

/* {0} is the start. */
struct alarm_watch {
    struct alarm_state state;
    struct alarm_sample now;
    uint32_t count;   /* of records written */
    uint32_t tries;   /* of the last record's report; 0: it is made */
    uint64_t next_ms; /* before which it is not tried again */
};

/*
 * Asks the rules about a sample, writes the record of an alarm into the box,
 * and puts the slope into sample. awake_ms: since the start of the process,
 * without the time that the machine slept.
 */
void alarm_watch_sample(struct alarm_watch *watch, struct box *box,
                        struct memory_stats *stats, uint64_t awake_ms,
                        struct box_sample *sample);

/* Makes the report that is due, if one is. Waits for the dumper: at most
 * CRASH_DEADLINE_MS. */
void alarm_watch_report(struct alarm_watch *watch);

#endif
