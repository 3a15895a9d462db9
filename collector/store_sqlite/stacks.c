/* Stacks: grouped again when names come or the algorithm changes. Context:
 * tool. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/store_sqlite/internal.h"

static int read_row(sqlite3_stmt *query, struct store_stack_row *ret_row)
{
    int r = database_step(query);

    if (r <= 0)
        return r < 0 ? r : -ERR_NOT_FOUND;
    *ret_row = (struct store_stack_row){
        .stack = sqlite3_column_int64(query, 0),
        .project = sqlite3_column_int64(query, 1),
        .group = sqlite3_column_int64(query, 2),
        .pending = sqlite3_column_int(query, 3) != 0,
        .evidence = json_loads(column_text(query, 4), 0, NULL),
    };
    if (sqlite3_column_bytes(query, 5) == STORE_HASH_BYTES) {
        memcpy(ret_row->hash, sqlite3_column_blob(query, 5), STORE_HASH_BYTES);
    }
    return ret_row->evidence ? 0 : -ENOMEM;
}

#define SELECT_STACK \
    "SELECT id, project, grp, pending, evidence, hash FROM stack"

int store_next_stack(struct store *store, enum store_stacks which,
                     int64_t after, struct store_stack_row *ret_row)
{
    static const char *const queries[] = {
        [STORE_STACKS_PENDING] =
            SELECT_STACK " WHERE pending = 1 AND id > ? ORDER BY id LIMIT 1",
        [STORE_STACKS_OLD] =
            SELECT_STACK " WHERE id > ? AND algorithm <> ? ORDER BY id LIMIT 1",
        [STORE_STACKS_ALL] = SELECT_STACK " WHERE id > ? ORDER BY id LIMIT 1",
    };
    struct database *reader = reader_take(store);
    sqlite3_stmt *query = database_query(reader, queries[which],
                                         which == STORE_STACKS_OLD ? "ii" : "i",
                                         after, (int64_t)SIGNATURE_ALGORITHM);
    int r = read_row(query, ret_row);

    database_done(&query);
    reader_give(store, reader);
    return r;
}

static json_t *evidence(struct database *reader, int64_t project,
                        const uint8_t *report_id, int64_t *io_group)
{
    struct span id = {report_id, report_id ? STORE_ID_BYTES : 0};
    OWNED_QUERY *query =
        report_id
            ? database_query(reader,
                             "SELECT evidence, s.grp FROM report r"
                             " JOIN stack s ON s.id = r.stack WHERE r.id = ?1"
                             " AND (?2 = 0 OR r.project = ?2)",
                             "bi", id, project)
            : database_query(reader,
                             "SELECT evidence, s.grp FROM report r"
                             " JOIN stack s ON s.id = r.stack WHERE r.grp = ?1"
                             " AND (?2 = 0 OR r.project = ?2)"
                             " ORDER BY r.time DESC LIMIT 1",
                             "ii", *io_group, project);

    if (database_step(query) <= 0)
        return NULL;
    *io_group = sqlite3_column_int64(query, 1);
    return json_loads(column_text(query, 0), 0, NULL);
}

json_t *store_evidence(struct store *store, int64_t project,
                       const uint8_t *report_id, int64_t *io_group)
{
    struct database *reader = reader_take(store);
    json_t *json = evidence(reader, project, report_id, io_group);

    reader_give(store, reader);
    return json;
}

struct settling {
    const struct store_stack_row *row;
    const struct signature *signature;
    const json_t *missing;
    char *evidence;
    int64_t now_ms;
};

/* Counts each report of the stack out of its old group and into the new. */
static int move_reports(struct database *database,
                        const struct settling *settling, int64_t from)
{
    OWNED_QUERY *query = database_query(
        database,
        "SELECT r.time, ifnull(r.machine, 0), v.version FROM report r"
        " JOIN version v ON v.id = r.version WHERE r.stack = ?",
        "i", settling->row->stack);
    int r;

    while ((r = database_step(query)) > 0) {
        struct tally tally = {
            .project = settling->row->project,
            .group = settling->signature->id,
            .time_ms = sqlite3_column_int64(query, 0),
            .machine = sqlite3_column_int64(query, 1),
            .version_text = column_text(query, 2),
        };
        r = tally_group(database, &tally, 1);
        tally.group = from;
        if (r == 0)
            r = tally_group(database, &tally, -1);
        if (r < 0)
            return r;
    }
    return r < 0 ? r
                 : database_run(
                       database, "UPDATE report SET grp = ?2 WHERE stack = ?1",
                       "ii", settling->row->stack, settling->signature->id);
}

static int set_missing(struct database *database,
                       const struct settling *settling)
{
    size_t index;
    const json_t *id;
    int64_t stack = settling->row->stack;

    if (!settling->missing)
        return 0;
    int r = database_run(database, "DELETE FROM stack_missing WHERE stack = ?",
                         "i", stack);
    json_array_foreach(settling->missing, index, id)
    {
        if (r == 0) {
            r = database_run(database,
                             "INSERT OR IGNORE INTO stack_missing"
                             " VALUES (?, ?)",
                             "ti", json_string_value(id), stack);
        }
    }
    return r;
}

static int work_settle(struct database *database, void *argument)
{
    const struct settling *settling = argument;
    int64_t stack = settling->row->stack;
    bool pending = settling->row->pending;
    int64_t from = 0;

    struct span hash = {settling->row->hash, STORE_HASH_BYTES};

    int r = database_number(database, &from,
                            "SELECT grp FROM stack WHERE id = ? AND hash = ?",
                            "ib", stack, hash);
    if (r < 0) /* deleted while it got its names: there is nothing to settle */
        return r == -ERR_NOT_FOUND ? 0 : r;
    r = group_make(database, settling->row->project, settling->signature,
                   settling->evidence, from);
    if (r >= 0) {
        r = database_run(database,
                         "UPDATE stack SET grp = ?2, algorithm = ?3,"
                         " evidence = ?4, pending = ?5 WHERE id = ?1",
                         "iiiti", stack, settling->signature->id,
                         (int64_t)SIGNATURE_ALGORITHM, settling->evidence,
                         (int64_t)(pending && !settling->missing));
    }
    if (r == 0 && from != settling->signature->id)
        r = move_reports(database, settling, from);
    if (r == 0 && !(pending && !settling->missing)) {
        r = group_announce(database, settling->signature->id, settling->now_ms);
    }
    return r < 0 ? r : set_missing(database, settling);
}

int store_settle(struct store *store, const struct store_stack_row *row,
                 const struct signature *signature, const json_t *missing)
{
    struct settling settling = {
        .row = row,
        .signature = signature,
        .missing = missing,
        .evidence = json_dumps(row->evidence, JSON_COMPACT | JSON_SORT_KEYS),
        .now_ms = (int64_t)time(NULL) * 1000,
    };

    if (!settling.evidence)
        return -ENOMEM;
    int r = writer_do(&store->writer, work_settle, &settling);
    free(settling.evidence);
    return r;
}

struct arrival {
    const char *build_id;
    size_t count;
};

static int work_arrival(struct database *database, void *argument)
{
    struct arrival *arrival = argument;

    int r = database_run(database,
                         "UPDATE stack SET pending = 1 WHERE id IN (SELECT"
                         " stack FROM stack_missing WHERE build_id = ?)",
                         "t", arrival->build_id);
    if (r < 0)
        return r;
    arrival->count = (size_t)sqlite3_changes(database->db);
    return database_run(database,
                        "DELETE FROM stack_missing WHERE build_id = ?", "t",
                        arrival->build_id);
}

int store_symbols_came(struct store *store, const char *build_id,
                       size_t *ret_count)
{
    struct arrival arrival = {build_id, 0};
    int r = writer_do(&store->writer, work_arrival, &arrival);

    if (r == 0)
        *ret_count = arrival.count;
    return r;
}

json_t *store_missing(struct store *store)
{
    struct database *reader = reader_take(store);
    sqlite3_stmt *query = database_query(
        reader, "SELECT DISTINCT build_id FROM stack_missing LIMIT ?", "i",
        (int64_t)STORE_LIST_MAX);
    json_t *array = json_array();

    while (database_step(query) > 0)
        json_array_append_new(array, json_string(column_text(query, 0)));
    database_done(&query);
    reader_give(store, reader);
    return array;
}
