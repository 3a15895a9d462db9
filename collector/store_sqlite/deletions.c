/* Deletion in two steps, and retention. Context: tool. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "collector/store_sqlite/internal.h"
#include "proto/report_codec.h"

/* What a request of deletion has come to. */
enum deletion_state { ACCEPTED, ROWS_GONE, COMPLETED };

struct addition {
    const struct store_whose *whose;
    int64_t now_ms;
    char id[STORE_DELETION_BYTES];
};

/* 1: the same request waits already; its id. */
static int find_waiting(struct database *database, struct addition *addition)
{
    const struct store_whose *whose = addition->whose;
    OWNED_QUERY *query =
        database_query(database,
                       "SELECT id FROM deletion WHERE state = 0 AND project = ?"
                       " AND installation = ? AND mac = ?",
                       "itt", whose->project, whose->installation, whose->mac);
    int r = database_step(query);

    if (r > 0) {
        (void)snprintf(addition->id, sizeof addition->id, "%s",
                       column_text(query, 0));
    }
    return r;
}

static int work_add(struct database *database, void *argument)
{
    struct addition *addition = argument;
    const struct store_whose *whose = addition->whose;

    int r = find_waiting(database, addition);
    if (r != 0)
        return r < 0 ? r : 0;
    return database_run(
        database,
        "INSERT INTO deletion (id, project, installation, mac, state, accepted)"
        " VALUES (?, ?, ?, ?, 0, ?)",
        "titti", addition->id, whose->project, whose->installation, whose->mac,
        addition->now_ms);
}

int store_deletion_add(struct store *store, const struct store_whose *whose,
                       int64_t now_ms, char ret_id[STORE_DELETION_BYTES])
{
    struct addition addition = {whose, now_ms, ""};
    uint8_t random[10];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return -EIO;
    report_id_make((uint64_t)now_ms, random, addition.id);
    int r = writer_do(&store->writer, work_add, &addition);
    if (r == 0)
        memcpy(ret_id, addition.id, STORE_DELETION_BYTES);
    return r;
}

static json_t *deletion(struct database *reader, int64_t project,
                        const char *id)
{
    OWNED_QUERY *query = database_query(
        reader,
        "SELECT state, " SQL_TIME("accepted") ", " SQL_TIME(
            "completed") ", deleted FROM deletion"
                         " WHERE id = ?1 AND (?2 = 0 OR project = ?2)",
        "ti", id, project);

    if (database_step(query) <= 0)
        return NULL;
    bool completed = sqlite3_column_int(query, 0) == COMPLETED;
    json_t *json = json_pack("{s:s,s:s,s:s}", "id", id, "state",
                             completed ? "completed" : "accepted", "acceptedAt",
                             column_text(query, 1));
    if (completed) {
        json_object_set_new(json, "completedAt",
                            json_string(column_text(query, 2)));
        json_object_set_new(json, "deleted",
                            json_integer(sqlite3_column_int64(query, 3)));
    }
    return json;
}

json_t *store_deletion(struct store *store, int64_t project, const char *id)
{
    struct database *reader = reader_take(store);
    json_t *json = deletion(reader, project, id);

    reader_give(store, reader);
    return json;
}

/* --- the steps ----------------------------------------------------------- */

/* Deletes some reports of a machine; how many. */
static int remove_some(struct database *database, int64_t machine)
{
    int64_t rows[STORE_DELETE_STEP];
    int count = 0;
    sqlite3_stmt *query = database_query(
        database, "SELECT seq FROM report WHERE machine = ? LIMIT ?", "ii",
        machine, (int64_t)STORE_DELETE_STEP);
    int r;

    while ((r = database_step(query)) > 0)
        rows[count++] = sqlite3_column_int64(query, 0);
    database_done(&query);
    for (int i = 0; r == 0 && i < count; i++)
        r = report_remove(database, rows[i]);
    return r < 0 ? -EIO : count;
}

/* The first machine of a request that has reports; 0: none is left. */
static int next_machine(struct database *database, sqlite3_stmt *request,
                        int64_t *ret_machine)
{
    int r = database_number(
        database, ret_machine,
        "SELECT id FROM machine WHERE project = ?1 AND reports > 0"
        " AND installation IN (?2, nullif(?3, ''))",
        "itt", sqlite3_column_int64(request, 1), column_text(request, 2),
        column_text(request, 3));

    return r == -ERR_NOT_FOUND ? 0 : r;
}

/* The name of an installation that nobody can read again. */
static struct span whose(const char *installation,
                         uint8_t hash[STORE_HASH_BYTES])
{
    (void)crypto_generichash(
        hash, STORE_HASH_BYTES, (const uint8_t *)installation,
        strlen(installation), NULL, 0); /* fails on wrong sizes alone */
    return (struct span){hash, STORE_HASH_BYTES};
}

int deletion_covers(struct database *database,
                    const struct store_report *report)
{
    uint8_t hash[STORE_HASH_BYTES];
    int64_t one = 0;

    if (!*report->machine)
        return 0;
    int r = database_number(database, &one,
                            "SELECT 1 FROM deletion WHERE project = ?"
                            " AND whose = ? AND accepted >= ? LIMIT 1",
                            "ibi", report->project,
                            whose(report->machine, hash), report->time_ms);
    return r == -ERR_NOT_FOUND ? 0 : r < 0 ? r : 1;
}

/* The names themselves go with the rest; what is left knows a late report. */
static int forget_names(struct database *database, sqlite3_stmt *request)
{
    uint8_t hash[STORE_HASH_BYTES];

    return database_run(database,
                        "UPDATE deletion SET installation = NULL, mac = NULL,"
                        " whose = ?2, state = 1 WHERE id = ?1",
                        "tb", column_text(request, 0),
                        whose(column_text(request, 2), hash));
}

static int step_rows(struct database *database, sqlite3_stmt *request)
{
    int64_t machine = 0;

    int r = next_machine(database, request, &machine);
    int count = r == 0 && machine ? remove_some(database, machine) : 0;
    if (count < 0 || r < 0)
        return -EIO;
    r = database_run(database,
                     "UPDATE deletion SET deleted = deleted + ?2 WHERE id = ?1",
                     "ti", column_text(request, 0), (int64_t)count);
    if (r == 0 && count == 0)
        r = forget_names(database, request);
    return r < 0 ? r : 1;
}

static int work_rows(struct database *database, void *argument)
{
    OWNED_QUERY *request = database_query(
        database,
        "SELECT id, project, installation, mac FROM deletion WHERE state = 0"
        " ORDER BY accepted LIMIT 1",
        "");
    int r = database_step(request);

    (void)argument;
    return r <= 0 ? r : step_rows(database, request);
}

static int work_complete(struct database *database, void *argument)
{
    const int64_t *now_ms = argument;

    return database_run(database,
                        "UPDATE deletion SET state = 2, completed = ?"
                        " WHERE state = 1",
                        "i", *now_ms);
}

static int rows_gone(struct store *store)
{
    struct database *reader = reader_take(store);
    int64_t one = 0;
    int r = database_number(
        reader, &one, "SELECT 1 FROM deletion WHERE state = 1 LIMIT 1", "");

    reader_give(store, reader);
    return r == -ERR_NOT_FOUND ? 0 : r < 0 ? r : 1;
}

int store_delete_step(struct store *store, int64_t now_ms)
{
    int r = writer_do(&store->writer, work_rows, NULL);

    if (r != 0)
        return r;
    r = rows_gone(store);
    if (r <= 0)
        return r;
    r = store_checkpoint(store);
    if (r == -EBUSY)
        return 0; /* a reader holds the log: the next round */
    if (r == 0)
        r = writer_do(&store->writer, work_complete, &now_ms);
    return r < 0 ? r : 1;
}

int store_checkpoint(struct store *store)
{
    return writer_checkpoint(&store->writer);
}

/* --- retention ----------------------------------------------------------- */

static int next_expired(struct database *reader, int64_t now_ms,
                        struct store_expired *ret_expired)
{
    OWNED_QUERY *query = database_query(
        reader,
        "SELECT seq, received, packed FROM report JOIN body USING (seq)"
        " WHERE expires <= ? ORDER BY expires LIMIT 1",
        "i", now_ms);
    int r = database_step(query);

    if (r <= 0)
        return r < 0 ? r : -ERR_NOT_FOUND;
    ret_expired->report = sqlite3_column_int64(query, 0);
    ret_expired->received_ms = sqlite3_column_int64(query, 1);
    ret_expired->body = column_copy(query, 2, &ret_expired->size_bytes);
    return ret_expired->body ? 0 : -ENOMEM;
}

int store_next_expired(struct store *store, int64_t now_ms,
                       struct store_expired *ret_expired)
{
    struct database *reader = reader_take(store);
    int r = next_expired(reader, now_ms, ret_expired);

    reader_give(store, reader);
    return r;
}

struct trimming {
    int64_t report;
    const struct store_trimmed *trimmed;
};

/* The row forgets whose it was; the counts stay, but for the machine's. */
static int forget_machine(struct database *database, int64_t report)
{
    OWNED_QUERY *query = database_query(
        database,
        "SELECT r.project, r.time, r.machine, ifnull(r.grp, 0), v.version"
        " FROM report r JOIN version v ON v.id = r.version"
        " WHERE r.seq = ? AND r.machine IS NOT NULL",
        "i", report);
    int r = database_step(query);

    if (r <= 0)
        return r;
    struct tally tally = {
        .project = sqlite3_column_int64(query, 0),
        .time_ms = sqlite3_column_int64(query, 1),
        .group = sqlite3_column_int64(query, 3),
        .version_text = column_text(query, 4),
    };
    r = tally_group(database, &tally, 1);
    tally.machine = sqlite3_column_int64(query, 2);
    if (r == 0)
        r = tally_group(database, &tally, -1);
    if (r == 0) {
        r = database_run(database,
                         "UPDATE machine SET reports = reports - 1"
                         " WHERE id = ?",
                         "i", tally.machine);
    }
    if (r == 0) {
        r = database_run(database,
                         "DELETE FROM machine WHERE id = ? AND reports <= 0",
                         "i", tally.machine);
    }
    return r < 0 ? r
                 : database_run(database,
                                "UPDATE report SET machine = NULL, cause = ''"
                                " WHERE seq = ?",
                                "i", report);
}

static int work_trim(struct database *database, void *argument)
{
    const struct trimming *trimming = argument;
    const struct store_trimmed *trimmed = trimming->trimmed;
    int64_t report = trimming->report;

    if (trimmed->body.size_bytes == 0) {
        int r = report_remove(database, report);
        return r == -ERR_NOT_FOUND ? 0 : r;
    }
    int r = trimmed->anonymous ? forget_machine(database, report) : 0;
    if (r == 0) {
        r = database_run(database,
                         "UPDATE report SET expires = ?2 WHERE seq = ?1", "ii",
                         report, trimmed->expires_ms);
    }
    return r < 0 ? r
                 : database_run(database,
                                "UPDATE body SET packed = ?2 WHERE seq = ?1",
                                "ib", report, trimmed->body);
}

int store_trim(struct store *store, int64_t report,
               const struct store_trimmed *trimmed)
{
    struct trimming trimming = {report, trimmed};

    return writer_do(&store->writer, work_trim, &trimming);
}
