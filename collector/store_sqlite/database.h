/*
 * One SQLite connection with its prepared statements. Context: tool.
 *
 * Arguments of a statement follow a format, a letter each: i int64_t, t text
 * (NULL: ""), b struct span (a blob), n NULL without an argument.
 */
#ifndef INQUEST_COLLECTOR_STORE_SQLITE_DATABASE_H
#define INQUEST_COLLECTOR_STORE_SQLITE_DATABASE_H

#include <sqlite3.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define DATABASE_STATEMENTS_MAX 96

struct statement {
    const char *sql; /* told apart by address: static strings */
    sqlite3_stmt *prepared;
};

struct database {
    sqlite3 *db;
    struct statement statements[DATABASE_STATEMENTS_MAX];
    size_t count;
};

/* cache_kib: of pages. Fails with -EIO. */
MUST_CHECK int database_open(const char *path, int cache_kib,
                             struct database *ret_database);
void database_close(struct database *database);

/*
 * A statement ready to step, its arguments bound; NULL on failure. sql is
 * static and kept prepared; give it back by database_done.
 */
sqlite3_stmt *database_query(struct database *database, const char *sql,
                             const char *format, ...);
void database_done(sqlite3_stmt **statement);
#define OWNED_QUERY CLEANUP(database_done) sqlite3_stmt

/* 1: a row, 0: no more, -EIO. */
MUST_CHECK int database_step(sqlite3_stmt *statement);

/* Runs statements without arguments. Fails with -EIO. */
MUST_CHECK int database_exec(struct database *database, const char *sql);

/* Runs it to its end. Fails with -EIO. */
MUST_CHECK int database_run(struct database *database, const char *sql,
                            const char *format, ...);

/* The first column of the first row. Fails with -ERR_NOT_FOUND, -EIO. */
MUST_CHECK int database_number(struct database *database, int64_t *ret_number,
                               const char *sql, const char *format, ...);

/* Runs an INSERT; writes the id of its row. Fails with -EIO. */
MUST_CHECK int database_insert(struct database *database, int64_t *ret_id,
                               const char *sql, const char *format, ...);

/* Column as text, "" for NULL; lives until the next step. */
const char *column_text(sqlite3_stmt *statement, int column);

/* A copy of a blob from malloc; NULL without memory. */
uint8_t *column_copy(sqlite3_stmt *statement, int column, size_t *ret_size);

#endif
