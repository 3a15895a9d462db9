/*
 * The store in one SQLite file: WAL, synchronous FULL (a commit is on the disk
 * when it returns), secure_delete (what is deleted is overwritten). One
 * connection behind one mutex. Context: tool.
 */
#include "collector/store.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_TIMEOUT_MS 5000

struct store {
    sqlite3 *db;
    pthread_mutex_t lock;
};

static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA secure_delete = ON;"
    "CREATE TABLE IF NOT EXISTS report ("
    " id TEXT PRIMARY KEY, kind TEXT, time INTEGER, app TEXT, version TEXT,"
    " signal TEXT, cause TEXT, installation TEXT, packed BLOB NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS report_time ON report (time DESC);"
    "CREATE INDEX IF NOT EXISTS report_installation ON report (installation);";

int store_open(const char *path, struct store **ret_store)
{
    struct store *store = calloc(1, sizeof *store);

    if (!store)
        return -ENOMEM;
    (void)pthread_mutex_init(&store->lock, NULL); /* cannot fail on Linux */
    if (sqlite3_open(path, &store->db) != SQLITE_OK ||
        sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS) != SQLITE_OK ||
        sqlite3_exec(store->db, schema, NULL, NULL, NULL) != SQLITE_OK) {
        store_close(&store);
        return -EIO;
    }
    *ret_store = store;
    return 0;
}

void store_close(struct store **store)
{
    if (!*store)
        return;
    (void)sqlite3_close((*store)->db);
    (void)pthread_mutex_destroy(&(*store)->lock);
    free(*store);
    *store = NULL;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    (void)sqlite3_bind_text(statement, index, text ? text : "", -1,
                            SQLITE_STATIC); /* a failure shows at the step */
}

static int put(struct store *store, const struct store_summary *summary,
               struct span packed)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->db,
                           "INSERT OR IGNORE INTO report VALUES "
                           "(?,?,?,?,?,?,?,?,?)",
                           -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    bind_text(statement, 1, summary->report_id);
    bind_text(statement, 2, summary->kind);
    (void)sqlite3_bind_int64(statement, 3, summary->time_unix_ms);
    bind_text(statement, 4, summary->app);
    bind_text(statement, 5, summary->version);
    bind_text(statement, 6, summary->signal);
    bind_text(statement, 7, summary->cause);
    bind_text(statement, 8, summary->installation_id);
    (void)sqlite3_bind_blob64(statement, 9, packed.data, packed.size_bytes,
                              SQLITE_STATIC);
    int r = sqlite3_step(statement);
    (void)sqlite3_finalize(statement); /* repeats the step's result */
    if (r != SQLITE_DONE)
        return -EIO;
    return sqlite3_changes(store->db) == 0;
}

int store_put(struct store *store, const struct store_summary *summary,
              struct span packed)
{
    (void)pthread_mutex_lock(&store->lock);
    int r = put(store, summary, packed);
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}

static int get(struct store *store, const char *report_id, uint8_t **ret_packed,
               size_t *ret_size)
{
    sqlite3_stmt *statement = NULL;
    int r = -ERR_NOT_FOUND;

    if (sqlite3_prepare_v2(store->db, "SELECT packed FROM report WHERE id = ?",
                           -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    bind_text(statement, 1, report_id);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        size_t size = (size_t)sqlite3_column_bytes(statement, 0);
        uint8_t *copy = malloc(size + 1);
        r = copy ? 0 : -ENOMEM;
        if (copy && size > 0)
            memcpy(copy, sqlite3_column_blob(statement, 0), size);
        if (copy) {
            *ret_packed = copy;
            *ret_size = size;
        }
    }
    (void)sqlite3_finalize(statement);
    return r;
}

int store_get(struct store *store, const char *report_id, uint8_t **ret_packed,
              size_t *ret_size)
{
    (void)pthread_mutex_lock(&store->lock);
    int r = get(store, report_id, ret_packed, ret_size);
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}

static json_t *row_json(sqlite3_stmt *statement)
{
    static const char *const columns[] = {"reportId", "kind",   "time", "app",
                                          "version",  "signal", "cause"};
    json_t *row = json_object();

    for (int i = 0; i < (int)ARRAY_LENGTH(columns); i++) {
        const char *text = (const char *)sqlite3_column_text(statement, i);
        json_object_set_new(row, columns[i], json_string(text ? text : ""));
    }
    return row;
}

static json_t *list(struct store *store, size_t limit, size_t offset)
{
    sqlite3_stmt *statement = NULL;
    json_t *rows = json_array();

    if (sqlite3_prepare_v2(
            store->db,
            "SELECT id, kind, strftime('%Y-%m-%dT%H:%M:%fZ', time / 1000.0,"
            " 'unixepoch'), app, version, signal, cause FROM report"
            " ORDER BY time DESC LIMIT ? OFFSET ?",
            -1, &statement, NULL) != SQLITE_OK) {
        json_decref(rows);
        return NULL;
    }
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)limit);
    (void)sqlite3_bind_int64(statement, 2, (sqlite3_int64)offset);
    while (sqlite3_step(statement) == SQLITE_ROW)
        json_array_append_new(rows, row_json(statement));
    (void)sqlite3_finalize(statement);
    return rows;
}

json_t *store_list(struct store *store, size_t limit, size_t offset)
{
    (void)pthread_mutex_lock(&store->lock);
    json_t *rows = list(store, limit, offset);
    (void)pthread_mutex_unlock(&store->lock);
    return rows;
}

static int delete (struct store *store, const char *installation_id,
                   size_t *ret_count)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->db,
                           "DELETE FROM report WHERE installation = ?", -1,
                           &statement, NULL) != SQLITE_OK)
        return -EIO;
    bind_text(statement, 1, installation_id);
    int r = sqlite3_step(statement);
    (void)sqlite3_finalize(statement);
    if (r != SQLITE_DONE)
        return -EIO;
    *ret_count = (size_t)sqlite3_changes(store->db);
    return sqlite3_wal_checkpoint_v2(store->db, NULL,
                                     SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                     NULL) == SQLITE_OK
               ? 0
               : -EIO;
}

int store_delete(struct store *store, const char *installation_id,
                 size_t *ret_count)
{
    (void)pthread_mutex_lock(&store->lock);
    int r = delete (store, installation_id, ret_count);
    (void)pthread_mutex_unlock(&store->lock);
    return r;
}
