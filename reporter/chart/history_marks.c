/* A report's moments. Context: tool. */
#include "reporter/chart/history_marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reporter/show/view.h"
#include "reporter/state_file.h"

/* Where the time does not say, at the last point: the report was made there. */
static struct history_mark *add(struct history *history,
                                enum history_mark_kind kind, const char *time)
{
    if (history->mark_count == HISTORY_MARKS_MAX)
        return NULL;
    struct history_mark *mark = &history->marks[history->mark_count++];

    *mark = (struct history_mark){.kind = kind};
    if (clock_parse(time, &mark->time_ms) < 0 && history->count > 0)
        mark->time_ms = history->points[history->count - 1].time_ms;
    return mark;
}

static void set_word(struct history_mark *mark, const char *word)
{
    (void)snprintf(mark->word, sizeof mark->word, "%s", word);
}

static void add_crash(const json_t *report, struct history *history)
{
    const json_t *crash = json_object_get(report, "crash");
    const json_t *signal = json_object_get(crash, "signal");
    struct history_mark *mark =
        crash ? add(history, HISTORY_DEATH, view_text(report, "time")) : NULL;

    if (!mark)
        return;
    set_word(mark,
             *view_text(signal, "name") ? view_text(signal, "name") : "crash");
    (void)snprintf(mark->text, sizeof mark->text, "%.180s",
                   view_text(crash, "cause"));
}

static void add_termination(const json_t *report, struct history *history)
{
    const json_t *end = json_object_get(report, "termination");
    const json_t *evidence = json_object_get(end, "evidence");
    const char *first = json_string_value(json_array_get(evidence, 0));
    struct history_mark *mark =
        end ? add(history, HISTORY_DEATH, view_text(report, "time")) : NULL;

    if (!mark)
        return;
    set_word(mark, *view_text(end, "cause") ? view_text(end, "cause") : "end");
    if (*view_text(end, "grade") == '\0')
        return; /* nobody has judged yet */
    (void)snprintf(mark->text, sizeof mark->text, "grade %s%s%.150s",
                   view_text(end, "grade"), first ? ": " : "",
                   first ? first : "");
}

static void add_alarm(const json_t *alarm, const char *report_time,
                      struct history *history)
{
    const char *time = view_text(alarm, "time");
    struct history_mark *mark =
        add(history, HISTORY_ALARM, *time ? time : report_time);

    if (!mark)
        return;
    set_word(mark, "alarm");
    (void)snprintf(mark->text, sizeof mark->text, "%.40s%s%.140s",
                   view_text(alarm, "rule"),
                   *view_text(alarm, "detail") ? ": " : "",
                   view_text(alarm, "detail"));
}

/* Those of its life; the report's own is the last of them, where it is. */
static void add_alarms(const json_t *report, struct history *history)
{
    const json_t *alarms =
        json_object_get(json_object_get(report, "memory"), "alarms");
    const json_t *own = json_object_get(report, "alarm");
    const char *time = view_text(report, "time");

    for (size_t i = 0; i < json_array_size(alarms); i++)
        add_alarm(json_array_get(alarms, i), time, history);
    if (own && json_array_size(alarms) == 0)
        add_alarm(own, time, history);
}

static void add_snapshot(const json_t *report, struct history *history)
{
    struct history_mark *mark =
        strcmp(view_text(report, "kind"), "SNAPSHOT") == 0
            ? add(history, HISTORY_LOOK, view_text(report, "time"))
            : NULL;

    if (mark)
        set_word(mark, "snapshot");
}

static void add_oom_kills(const json_t *report, struct history *history)
{
    const json_t *samples =
        json_object_get(json_object_get(report, "memory"), "samples");

    for (size_t i = 0; i < json_array_size(samples); i++) {
        const json_t *sample = json_array_get(samples, i);
        uint64_t kills = 0;
        struct history_mark *mark = NULL;
        if (view_number(sample, "oomKillEvents", &kills) && kills > 0)
            mark = add(history, HISTORY_OOM_KILL, view_text(sample, "time"));
        if (!mark)
            continue;
        set_word(mark, "OOM kill");
        (void)snprintf(mark->text, sizeof mark->text,
                       "the kernel killed %s for want of memory in its cgroup",
                       kills == 1 ? "a process" : "processes");
    }
}

static int by_time(const void *a, const void *b)
{
    int64_t left = ((const struct history_mark *)a)->time_ms;
    int64_t right = ((const struct history_mark *)b)->time_ms;

    return (left > right) - (left < right);
}

void history_marks_read(const json_t *report, struct history *history)
{
    history->mark_count = 0;
    add_crash(report, history); /* what matters most has room for certain */
    add_termination(report, history);
    add_snapshot(report, history);
    add_alarms(report, history);
    add_oom_kills(report, history);
    qsort(history->marks, history->mark_count, sizeof *history->marks, by_time);
}
