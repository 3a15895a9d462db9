/* Groups: made, told of, shown, set. Context: tool. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "collector/signature/evidence.h"
#include "collector/store_sqlite/filter.h"
#include "collector/store_sqlite/internal.h"

static const char *const statuses[] = {"open", "resolved", "muted"};

void group_hex(int64_t group, char ret_hex[17])
{
    (void)snprintf(ret_hex, 17, "%016" PRIx64, (uint64_t)group);
}

static const char *string_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int kind_number(const char *name)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value_by_name(
            &inquest__v1__kind__descriptor, name);

    return value ? value->value : 0;
}

static int insert(struct database *database, int64_t project,
                  const struct signature *signature, const json_t *evidence)
{
    return database_run(
        database,
        "INSERT INTO report_group (id, project, kind, app, signal, title,"
        " subtitle, names, algorithm) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "iiittttti", signature->id, project,
        (int64_t)kind_number(string_of(evidence, "kind")),
        string_of(evidence, "app"), string_of(evidence, "signal"),
        signature->title, signature->subtitle, signature->names,
        (int64_t)SIGNATURE_ALGORITHM);
}

/* What a person decided of the old group holds for the new one. */
static int inherit(struct database *database, int64_t group, int64_t from)
{
    return database_run(
        database,
        "UPDATE report_group SET (status, resolved_version, resolved,"
        " regressed, announced, spike_day) = (SELECT status, resolved_version,"
        " resolved, regressed, announced, spike_day FROM report_group"
        " WHERE id = ?2) WHERE id = ?1 AND EXISTS"
        " (SELECT 1 FROM report_group WHERE id = ?2)",
        "ii", group, from);
}

int group_make(struct database *database, int64_t project,
               const struct signature *signature, const char *evidence,
               int64_t from)
{
    int64_t there = 0;

    int r = database_number(database, &there,
                            "SELECT 1 FROM report_group WHERE id = ?", "i",
                            signature->id);
    if (r != -ERR_NOT_FOUND)
        return r;
    json_t *json = json_loads(evidence, 0, NULL);
    r = insert(database, project, signature, json);
    json_decref(json);
    if (r == 0 && from)
        r = inherit(database, signature->id, from);
    return r < 0 ? r : 1;
}

int event_add(struct database *database, const char *event, int64_t group,
              int64_t now_ms)
{
    return database_run(database,
                        "INSERT INTO event (project, event, grp, time, due)"
                        " SELECT project, ?1, id, ?3, ?3 FROM report_group"
                        " WHERE id = ?2 AND status <> 2"
                        " AND (SELECT count(*) FROM event) < ?4",
                        "tiii", event, group, now_ms,
                        (int64_t)STORE_EVENTS_MAX);
}

int group_announce(struct database *database, int64_t group, int64_t now_ms)
{
    int r = database_run(
        database,
        "UPDATE report_group SET announced = 1 WHERE id = ? AND announced = 0",
        "i", group);

    if (r < 0 || sqlite3_changes(database->db) == 0)
        return r;
    return event_add(database, EVENT_NEW_GROUP, group, now_ms);
}

/* --- shown --------------------------------------------------------------- */

#define GROUP_COLUMNS                                                     \
    "id, title, subtitle, kind, signal, app, count, machines, " SQL_TIME( \
        "first") ", " SQL_TIME("last") ", first_version, last_version,"   \
                                       " status, resolved_version, "      \
                                       "regressed, algorithm, last, first"

/* Counts of the last days, oldest first. */
static json_t *trend(struct database *reader, int64_t group, int64_t now_ms)
{
    int64_t today = now_ms / DAY_MS;
    json_int_t counts[STORE_TREND_DAYS] = {0};
    json_t *array = json_array();
    OWNED_QUERY *query = database_query(
        reader,
        "SELECT day, count FROM group_day WHERE grp = ? AND day BETWEEN ?"
        " AND ?",
        "iii", group, today - STORE_TREND_DAYS + 1, today);

    while (database_step(query) > 0) {
        int64_t ago = today - sqlite3_column_int64(query, 0);
        counts[STORE_TREND_DAYS - 1 - ago] = sqlite3_column_int64(query, 1);
    }
    for (size_t i = 0; i < STORE_TREND_DAYS; i++)
        json_array_append_new(array, json_integer(counts[i]));
    return array;
}

/* What its newest report says of itself; "" where that was forgotten. */
static json_t *newest_cause(struct database *reader, int64_t group)
{
    OWNED_QUERY *query = database_query(reader,
                                        "SELECT cause FROM report WHERE grp = ?"
                                        " ORDER BY time DESC LIMIT 1",
                                        "i", group);

    return json_string(database_step(query) > 0 ? column_text(query, 0) : "");
}

static json_t *group_json(struct database *reader, sqlite3_stmt *row,
                          int64_t now_ms)
{
    static const char *const texts[] = {
        NULL, "title", "subtitle",  NULL,       "signal",       "app",
        NULL, NULL,    "firstSeen", "lastSeen", "firstVersion", "lastVersion"};
    int64_t group = sqlite3_column_int64(row, 0);
    int status = sqlite3_column_int(row, 12);
    json_t *json = json_object();
    char hex[17];

    group_hex(group, hex);
    json_object_set_new(json, "id", json_string(hex));
    for (int i = 0; i < (int)ARRAY_LENGTH(texts); i++) {
        if (texts[i]) {
            json_object_set_new(json, texts[i],
                                json_string(column_text(row, i)));
        }
    }
    json_object_set_new(json, "kind",
                        json_string(kind_name(sqlite3_column_int(row, 3))));
    json_object_set_new(json, "count",
                        json_integer(sqlite3_column_int64(row, 6)));
    json_object_set_new(json, "machines",
                        json_integer(sqlite3_column_int64(row, 7)));
    json_object_set_new(
        json, "status",
        json_string(statuses[status >= 0 && status <= 2 ? status : 0]));
    if (*column_text(row, 13)) {
        json_object_set_new(json, "resolvedVersion",
                            json_string(column_text(row, 13)));
    }
    json_object_set_new(json, "regressed",
                        json_boolean(sqlite3_column_int(row, 14)));
    json_object_set_new(json, "cause", newest_cause(reader, group));
    json_object_set_new(json, "trend", trend(reader, group, now_ms));
    return json;
}

static void set_next(json_t *page, const struct store_filter *filter,
                     sqlite3_stmt *row)
{
    static const int columns[] = {[STORE_SORT_LAST] = 16,
                                  [STORE_SORT_FIRST] = 17,
                                  [STORE_SORT_COUNT] = 6};
    char cursor[48];

    (void)snprintf(cursor, sizeof cursor, "%lld.%lld",
                   (long long)sqlite3_column_int64(row, columns[filter->sort]),
                   (long long)sqlite3_column_int64(row, 0));
    json_object_set_new(page, "next", json_string(cursor));
}

static json_t *groups(struct database *reader,
                      const struct store_filter *filter, int64_t now_ms)
{
    json_t *rows = json_array();
    json_t *page = json_pack("{s:o,s:i}", "groups", rows, "total", 0);
    int64_t total = 0;
    size_t count = 0;

    sqlite3_stmt *query = filter_groups(reader, filter, GROUP_COLUMNS, &total);
    int r = query ? 1 : -EIO;
    json_object_set_new(page, "total", json_integer(total));
    while (r > 0 && (r = database_step(query)) > 0) {
        json_array_append_new(rows, group_json(reader, query, now_ms));
        if (++count < filter->limit)
            continue;
        set_next(page, filter, query);
        if (database_step(query) <= 0)
            json_object_del(page, "next");
        break;
    }
    (void)sqlite3_finalize(query);
    if (r < 0) {
        json_decref(page);
        return NULL;
    }
    return page;
}

json_t *store_groups(struct store *store, const struct store_filter *filter,
                     int64_t now_ms)
{
    struct database *reader = reader_take(store);
    json_t *page = groups(reader, filter, now_ms);

    reader_give(store, reader);
    return page;
}

/* [{name, "count"}] of a query of two columns. */
static json_t *counts(sqlite3_stmt *row, const char *name)
{
    OWNED_QUERY *query = row;
    json_t *array = json_array();

    while (database_step(query) > 0) {
        json_array_append_new(
            array, json_pack("{s:s,s:I}", name, column_text(query, 0), "count",
                             (json_int_t)sqlite3_column_int64(query, 1)));
    }
    return array;
}

static void add_details(struct database *reader, json_t *json, int64_t group,
                        int64_t now_ms)
{
    int64_t first = now_ms / DAY_MS - STORE_DETAIL_DAYS + 1;

    json_object_set_new(
        json, "byDay",
        counts(database_query(
                   reader,
                   "WITH RECURSIVE d(day) AS (VALUES (?2) UNION ALL"
                   " SELECT day + 1 FROM d WHERE day < ?2 + ?3 - 1)"
                   " SELECT " SQL_DAY("d.day") ", ifnull(count, 0) FROM d"
                                               " LEFT JOIN group_day g ON "
                                               "g.grp = ?1 AND g.day = d.day",
                   "iii", group, first, (int64_t)STORE_DETAIL_DAYS),
               "day"));
    json_object_set_new(
        json, "byVersion",
        counts(database_query(reader,
                              "SELECT version, count FROM group_version WHERE"
                              " grp = ? ORDER BY count DESC LIMIT ?",
                              "ii", group, (int64_t)STORE_LIST_MAX),
               "version"));
    json_object_set_new(
        json, "byMachine",
        counts(
            database_query(reader,
                           "SELECT installation, count FROM group_machine"
                           " JOIN machine ON machine.id = machine WHERE grp = ?"
                           " ORDER BY count DESC LIMIT ?",
                           "ii", group, (int64_t)STORE_TOP_MACHINES),
            "machine"));
}

static json_t *one_group(struct database *reader, int64_t project,
                         int64_t group, int64_t now_ms)
{
    OWNED_QUERY *query =
        database_query(reader,
                       "SELECT " GROUP_COLUMNS " FROM report_group"
                       " WHERE id = ?1 AND (?2 = 0 OR project = ?2)",
                       "ii", group, project);

    if (database_step(query) <= 0)
        return NULL;
    json_t *json = group_json(reader, query, now_ms);
    json_object_set_new(json, "algorithmVersion",
                        json_integer(sqlite3_column_int64(query, 15)));
    add_details(reader, json, group, now_ms);
    return json;
}

json_t *store_group(struct store *store, int64_t project, int64_t group,
                    int64_t now_ms)
{
    struct database *reader = reader_take(store);
    json_t *json = one_group(reader, project, group, now_ms);

    reader_give(store, reader);
    return json;
}

/* --- set ----------------------------------------------------------------- */

struct status_change {
    int64_t project, group;
    enum store_status status;
    const char *version;
};

static int work_status(struct database *database, void *argument)
{
    const struct status_change *change = argument;

    int r = database_run(
        database,
        "UPDATE report_group SET status = ?3, regressed = 0,"
        " resolved_version = nullif(?4, ''), resolved = last"
        " WHERE id = ?1 AND (?2 = 0 OR project = ?2)",
        "iiit", change->group, change->project, (int64_t)change->status,
        change->status == STORE_RESOLVED ? change->version : "");
    if (r < 0)
        return r;
    return sqlite3_changes(database->db) > 0 ? 0 : -ERR_NOT_FOUND;
}

int store_set_status(struct store *store, int64_t project, int64_t group,
                     enum store_status status, const char *resolved_version)
{
    struct status_change change = {
        .project = project,
        .group = group,
        .status = status,
        .version = resolved_version,
    };

    return writer_do(&store->writer, work_status, &change);
}
