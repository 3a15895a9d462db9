/* SQLite with less ceremony. Context: tool. */
#include "collector/store_sqlite/database.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/store_sqlite/patience.h"

#define PRAGMA_BYTES 128

int database_open(const char *path, int cache_kib,
                  struct database *ret_database)
{
    char pragma[PRAGMA_BYTES];

    *ret_database = (struct database){0};
    (void)snprintf(pragma, sizeof pragma,
                   "PRAGMA cache_size = -%d; PRAGMA secure_delete = ON;"
                   "PRAGMA synchronous = FULL;",
                   cache_kib);
    if (patience_start() < 0 ||
        sqlite3_open_v2(path, &ret_database->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                            SQLITE_OPEN_NOMUTEX,
                        PATIENCE_VFS) != SQLITE_OK ||
        sqlite3_busy_timeout(ret_database->db, PATIENCE_MS) != SQLITE_OK ||
        sqlite3_exec(ret_database->db, pragma, NULL, NULL, NULL) != SQLITE_OK) {
        database_close(ret_database);
        return -EIO;
    }
    return 0;
}

void database_close(struct database *database)
{
    for (size_t i = 0; i < database->count; i++)
        (void)sqlite3_finalize(database->statements[i].prepared);
    (void)sqlite3_close(database->db);
    *database = (struct database){0};
}

static sqlite3_stmt *prepared(struct database *database, const char *sql)
{
    for (size_t i = 0; i < database->count; i++) {
        if (database->statements[i].sql == sql)
            return database->statements[i].prepared;
    }
    if (database->count == DATABASE_STATEMENTS_MAX)
        return NULL;
    struct statement *statement = &database->statements[database->count];
    if (sqlite3_prepare_v3(database->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           &statement->prepared, NULL) != SQLITE_OK)
        return NULL;
    statement->sql = sql;
    database->count++;
    return statement->prepared;
}

/* A failure to bind shows at the step: the value is then NULL. */
static void bind(sqlite3_stmt *statement, const char *format,
                 va_list *arguments)
{
    for (int i = 1; *format; format++, i++) {
        struct span blob;
        const char *text;
        switch (*format) {
        case 'i':
            (void)sqlite3_bind_int64(statement, i, va_arg(*arguments, int64_t));
            break;
        case 't':
            text = va_arg(*arguments, const char *);
            (void)sqlite3_bind_text(statement, i, text ? text : "", -1,
                                    SQLITE_STATIC);
            break;
        case 'b':
            blob = va_arg(*arguments, struct span);
            (void)sqlite3_bind_blob64(statement, i, blob.data, blob.size_bytes,
                                      SQLITE_STATIC);
            break;
        default:
            (void)sqlite3_bind_null(statement, i);
        }
    }
}

sqlite3_stmt *database_query(struct database *database, const char *sql,
                             const char *format, ...)
{
    sqlite3_stmt *statement = prepared(database, sql);
    va_list arguments;

    if (!statement)
        return NULL;
    va_start(arguments, format);
    bind(statement, format, &arguments);
    va_end(arguments);
    return statement;
}

void database_done(sqlite3_stmt **statement)
{
    if (!*statement)
        return;
    (void)sqlite3_reset(*statement); /* repeats the step's result */
    (void)sqlite3_clear_bindings(*statement);
    *statement = NULL;
}

int database_step(sqlite3_stmt *statement)
{
    if (!statement)
        return -EIO;
    int r = sqlite3_step(statement);
    if (r == SQLITE_ROW || r == SQLITE_DONE)
        patience_renew();
    if (r == SQLITE_ROW)
        return 1;
    return r == SQLITE_DONE ? 0 : -EIO;
}

int database_exec(struct database *database, const char *sql)
{
    if (sqlite3_exec(database->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return -EIO;
    patience_renew();
    return 0;
}

static int run(struct database *database, const char *sql, const char *format,
               va_list *arguments)
{
    OWNED_QUERY *statement = prepared(database, sql);
    int r;

    if (!statement)
        return -EIO;
    bind(statement, format, arguments);
    do {
        r = database_step(statement);
    } while (r > 0);
    return r;
}

int database_run(struct database *database, const char *sql, const char *format,
                 ...)
{
    va_list arguments;

    va_start(arguments, format);
    int r = run(database, sql, format, &arguments);
    va_end(arguments);
    return r;
}

int database_insert(struct database *database, int64_t *ret_id, const char *sql,
                    const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int r = run(database, sql, format, &arguments);
    va_end(arguments);
    if (r == 0)
        *ret_id = sqlite3_last_insert_rowid(database->db);
    return r;
}

int database_number(struct database *database, int64_t *ret_number,
                    const char *sql, const char *format, ...)
{
    OWNED_QUERY *statement = prepared(database, sql);
    va_list arguments;

    if (!statement)
        return -EIO;
    va_start(arguments, format);
    bind(statement, format, &arguments);
    va_end(arguments);
    int r = database_step(statement);
    if (r <= 0)
        return r < 0 ? r : -ERR_NOT_FOUND;
    *ret_number = sqlite3_column_int64(statement, 0);
    return 0;
}

const char *column_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text ? text : "";
}

uint8_t *column_copy(sqlite3_stmt *statement, int column, size_t *ret_size)
{
    const void *data = sqlite3_column_blob(statement, column);
    size_t size = (size_t)sqlite3_column_bytes(statement, column);
    uint8_t *copy = malloc(size + 1);

    if (!copy)
        return NULL;
    if (size > 0)
        memcpy(copy, data, size);
    *ret_size = size;
    return copy;
}
