/* Reports, versions and facets, as lists. Context: tool. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collector/signature/evidence.h"
#include "collector/store_sqlite/filter.h"
#include "collector/store_sqlite/internal.h"

#define FACET_VALUES_MAX 200

static json_t *id_json(const uint8_t *id)
{
    char text[37];
    char *to = text;

    for (size_t i = 0; id && i < STORE_ID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        to += snprintf(to, 3, "%02x", id[i]);
    }
    *to = '\0';
    return json_string(text);
}

static json_t *report_json(sqlite3_stmt *row)
{
    static const char *const texts[] = {"time",  "app", "version", "signal",
                                        "cause", NULL,  "machine"};
    json_t *json = json_object();
    char hex[17];

    json_object_set_new(json, "reportId", id_json(sqlite3_column_blob(row, 0)));
    json_object_set_new(json, "kind",
                        json_string(kind_name(sqlite3_column_int(row, 1))));
    for (int i = 0; i < (int)ARRAY_LENGTH(texts); i++) {
        if (texts[i]) {
            json_object_set_new(json, texts[i],
                                json_string(column_text(row, i + 2)));
        }
    }
    json_object_set(json, "installationId", json_object_get(json, "machine"));
    if (sqlite3_column_type(row, 7) != SQLITE_NULL) {
        group_hex(sqlite3_column_int64(row, 7), hex);
        json_object_set_new(json, "group", json_string(hex));
    }
    return json;
}

json_t *store_reports(struct store *store, const struct store_filter *filter)
{
    struct database *reader = reader_take(store);
    sqlite3_stmt *query = filter_reports(
        reader, filter,
        "r.id, r.kind, " SQL_TIME("r.time") ", v.app, v.version, r.signal,"
                                            " r.cause, r.grp, m.installation");
    json_t *rows = query ? json_array() : NULL;
    int r = 0;

    while (query && (r = database_step(query)) > 0)
        json_array_append_new(rows, report_json(query));
    (void)sqlite3_finalize(query);
    reader_give(store, reader);
    if (r < 0) {
        json_decref(rows);
        rows = NULL;
    }
    return rows;
}

static json_t *version_json(sqlite3_stmt *row)
{
    json_int_t starts = sqlite3_column_int64(row, 4);
    json_int_t crashes = sqlite3_column_int64(row, 6);
    double rate = starts > 0 ? 1.0 - (double)crashes / (double)starts : 0;

    return json_pack(
        "{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:o}", "app", column_text(row, 0),
        "version", column_text(row, 1), "firstSeen", column_text(row, 2),
        "lastSeen", column_text(row, 3), "starts", starts, "cleanEnds",
        (json_int_t)sqlite3_column_int64(row, 5), "crashes", crashes, "reports",
        (json_int_t)sqlite3_column_int64(row, 7), "crashFreeRate",
        starts > 0 ? json_real(rate < 0 ? 0 : rate) : json_null());
}

json_t *store_versions(struct store *store, int64_t project, const char *app)
{
    struct database *reader = reader_take(store);
    sqlite3_stmt *query = database_query(
        reader,
        "SELECT app, version, " SQL_TIME("first") ", " SQL_TIME(
            "last") ", starts, clean_ends, crashes, reports FROM version"
                    " WHERE (?1 = 0 OR project = ?1) AND (?2 = '' OR app = ?2)"
                    " ORDER BY last DESC LIMIT ?3",
        "iti", project, app, (int64_t)STORE_LIST_MAX);
    json_t *rows = json_array();
    int r;

    while ((r = database_step(query)) > 0)
        json_array_append_new(rows, version_json(query));
    database_done(&query);
    reader_give(store, reader);
    if (r < 0) {
        json_decref(rows);
        rows = NULL;
    }
    return rows;
}

static json_t *texts_of(sqlite3_stmt *row)
{
    OWNED_QUERY *query = row;
    json_t *array = json_array();

    while (database_step(query) > 0)
        json_array_append_new(array, json_string(column_text(query, 0)));
    return array;
}

static json_t *kinds_of(sqlite3_stmt *row)
{
    OWNED_QUERY *query = row;
    json_t *array = json_array();

    while (database_step(query) > 0) {
        json_array_append_new(
            array, json_string(kind_name(sqlite3_column_int(query, 0))));
    }
    return array;
}

static json_t *facets(struct database *reader, int64_t project)
{
    const int64_t most = FACET_VALUES_MAX;
    json_t *json = json_object();
    int64_t machines = 0;

    json_object_set_new(
        json, "apps",
        texts_of(database_query(reader,
                                "SELECT DISTINCT app FROM version WHERE"
                                " (?1 = 0 OR project = ?1) AND app <> ''"
                                " ORDER BY app LIMIT ?2",
                                "ii", project, most)));
    json_object_set_new(
        json, "versions",
        texts_of(database_query(reader,
                                "SELECT version FROM version WHERE"
                                " (?1 = 0 OR project = ?1) AND version <> ''"
                                " GROUP BY version ORDER BY max(last) DESC"
                                " LIMIT ?2",
                                "ii", project, most)));
    json_object_set_new(
        json, "signals",
        texts_of(database_query(reader,
                                "SELECT DISTINCT signal FROM report_group"
                                " WHERE (?1 = 0 OR project = ?1)"
                                " AND signal <> '' ORDER BY signal LIMIT ?2",
                                "ii", project, most)));
    json_object_set_new(
        json, "kinds",
        kinds_of(database_query(reader,
                                "SELECT DISTINCT kind FROM kind_count WHERE"
                                " (?1 = 0 OR project = ?1) AND count > 0",
                                "i", project)));
    if (database_number(
            reader, &machines,
            "SELECT count(*) FROM machine WHERE (?1 = 0 OR project = ?1)", "i",
            project) < 0)
        machines = 0; /* a figure less */
    json_object_set_new(json, "machines", json_integer(machines));
    return json;
}

json_t *store_facets(struct store *store, int64_t project)
{
    struct database *reader = reader_take(store);
    json_t *json = facets(reader, project);

    reader_give(store, reader);
    return json;
}
