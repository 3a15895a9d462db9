/* What is to be told, and figures. Context: tool. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "collector/intake/spike.h"
#include "collector/store_sqlite/internal.h"

#define SPIKE_GROUPS_MAX 1000
#define RETRY_MS         30000 /* doubled at each try */
#define PATH_BYTES       4096

/* Today and the days before it. */
static int read_days(struct database *database, int64_t group, int64_t today,
                     int64_t counts[SPIKE_DAYS + 1])
{
    OWNED_QUERY *query = database_query(
        database,
        "SELECT day, count FROM group_day WHERE grp = ? AND day BETWEEN ?"
        " AND ?",
        "iii", group, today - SPIKE_DAYS, today);
    int r;

    memset(counts, 0, sizeof(int64_t) * (SPIKE_DAYS + 1));
    while ((r = database_step(query)) > 0) {
        counts[today - sqlite3_column_int64(query, 0)] =
            sqlite3_column_int64(query, 1);
    }
    return r;
}

static int tell_spike(struct database *database, int64_t group, int64_t now_ms)
{
    int r = database_run(database,
                         "UPDATE report_group SET spike_day = ?2 WHERE id = ?1",
                         "ii", group, now_ms / DAY_MS);

    return r < 0 ? r : event_add(database, EVENT_SPIKE, group, now_ms);
}

static int work_spikes(struct database *database, void *argument)
{
    const int64_t *now_ms = argument;
    int64_t today = *now_ms / DAY_MS;
    int64_t counts[SPIKE_DAYS + 1];
    int64_t found[SPIKE_GROUPS_MAX];
    int count = 0;
    sqlite3_stmt *query = database_query(
        database,
        "SELECT g.id FROM report_group g JOIN group_day d ON d.grp = g.id"
        " AND d.day = ?1 WHERE g.last >= ?2 AND d.count >= ?3"
        " AND ifnull(g.spike_day, 0) <> ?1 AND g.first < ?2 LIMIT ?4",
        "iiii", today, today * DAY_MS, (int64_t)SPIKE_MIN,
        (int64_t)SPIKE_GROUPS_MAX);
    int r;

    while ((r = database_step(query)) > 0)
        found[count++] = sqlite3_column_int64(query, 0);
    database_done(&query);
    int told = 0;
    for (int i = 0; r == 0 && i < count; i++) {
        r = read_days(database, found[i], today, counts);
        if (r == 0 && spike_is(counts[0], counts + 1)) {
            r = tell_spike(database, found[i], *now_ms);
            told++;
        }
    }
    return r < 0 ? r : told;
}

int store_find_spikes(struct store *store, int64_t now_ms)
{
    return writer_do(&store->writer, work_spikes, &now_ms);
}

static json_t *next_event(struct database *reader, int64_t now_ms,
                          int64_t *ret_project, int64_t *ret_group)
{
    OWNED_QUERY *query = database_query(
        reader,
        "SELECT event.id, event, name, " SQL_TIME(
            "time") ", project, grp FROM event JOIN project"
                    " ON project.id = event.project WHERE due <= ?"
                    " ORDER BY due LIMIT 1",
        "i", now_ms);

    if (database_step(query) <= 0)
        return NULL;
    *ret_project = sqlite3_column_int64(query, 4);
    *ret_group = sqlite3_column_int64(query, 5);
    return json_pack("{s:I,s:s,s:s,s:s}", "id",
                     (json_int_t)sqlite3_column_int64(query, 0), "event",
                     column_text(query, 1), "project", column_text(query, 2),
                     "time", column_text(query, 3));
}

json_t *store_next_event(struct store *store, int64_t now_ms)
{
    int64_t project = 0;
    int64_t group = 0;
    struct database *reader = reader_take(store);
    json_t *event = next_event(reader, now_ms, &project, &group);

    reader_give(store, reader);
    if (event) {
        json_t *json = store_group(store, project, group, now_ms);
        json_object_set_new(event, "group", json ? json : json_null());
    }
    return event;
}

struct telling {
    int64_t event, now_ms;
    bool told;
};

static int work_told(struct database *database, void *argument)
{
    const struct telling *telling = argument;

    if (telling->told) {
        return database_run(database, "DELETE FROM event WHERE id = ?", "i",
                            telling->event);
    }
    int r =
        database_run(database,
                     "UPDATE event SET tries = tries + 1,"
                     " due = ?2 + (?3 << tries) WHERE id = ?1",
                     "iii", telling->event, telling->now_ms, (int64_t)RETRY_MS);
    return r < 0 ? r
                 : database_run(database, "DELETE FROM event WHERE tries >= ?",
                                "i", (int64_t)STORE_EVENT_TRIES_MAX);
}

int store_event_done(struct store *store, int64_t event, bool told,
                     int64_t now_ms)
{
    struct telling telling = {event, now_ms, told};

    return writer_do(&store->writer, work_told, &telling);
}

/* --- figures ------------------------------------------------------------- */

static int64_t file_bytes(const char *path, const char *suffix)
{
    char name[PATH_BYTES];
    struct stat status;

    if (snprintf(name, sizeof name, "%s%s", path, suffix) >= (int)sizeof name ||
        stat(name, &status) < 0)
        return 0;
    return status.st_size;
}

static int read_figures(struct database *reader, struct store_stats *stats)
{
    OWNED_QUERY *query =
        database_query(reader,
                       "SELECT (SELECT total(count) FROM kind_count),"
                       " (SELECT count(*) FROM report_group),"
                       " (SELECT count(*) FROM machine),"
                       " (SELECT count(*) FROM stack WHERE pending = 1),"
                       " (SELECT count(*) FROM event),"
                       " (SELECT count(*) FROM deletion WHERE state < 2)",
                       "");
    int r = database_step(query);

    if (r <= 0)
        return -EIO;
    stats->reports = sqlite3_column_int64(query, 0);
    stats->groups = sqlite3_column_int64(query, 1);
    stats->machines = sqlite3_column_int64(query, 2);
    stats->pending_stacks = sqlite3_column_int64(query, 3);
    stats->events = sqlite3_column_int64(query, 4);
    stats->deletions = sqlite3_column_int64(query, 5);
    return 0;
}

int store_stats(struct store *store, struct store_stats *ret_stats)
{
    struct store_stats stats = {
        .database_bytes = file_bytes(store->path, ""),
        .log_bytes = file_bytes(store->path, "-wal"),
        .commits = atomic_load(&store->writer.commits),
        .commit_us = atomic_load(&store->writer.commit_us),
        .batch_jobs = atomic_load(&store->writer.jobs),
        .waiting = atomic_load(&store->writer.waiting),
    };
    struct database *reader = reader_take(store);
    int r = read_figures(reader, &stats);

    reader_give(store, reader);
    if (r == 0)
        *ret_stats = stats;
    return r;
}
