/*
 * A query in the making: SQL, and the values of its question marks in their
 * order. Text is borrowed until it is prepared. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_STORE_SQLITE_CONDITIONS_H
#define INQUEST_COLLECTOR_STORE_SQLITE_CONDITIONS_H

#include <stdbool.h>

#include "collector/store_sqlite/internal.h"
#include "proto/base/fmt.h"

#define SQL_BYTES 4096
#define BINDS_MAX 24

struct bind {
    const char *text; /* NULL: number or blob */
    char *owned;
    int64_t number;
    uint8_t blob[STORE_ID_BYTES];
    bool is_blob;
};

struct conditions {
    char sql[SQL_BYTES];
    struct text text;
    struct bind binds[BINDS_MAX];
    int count;
};

void conditions_start(struct conditions *conditions, const char *sql);
void conditions_finish(struct conditions *conditions);

void conditions_sql(struct conditions *conditions, const char *sql);

/* sql has as many '?' as bind is to be bound. */
void conditions_add(struct conditions *conditions, const char *sql,
                    const struct bind *bind);
void conditions_number(struct conditions *conditions, const char *sql,
                       int64_t number);

/* Nothing where text is NULL or empty. */
void conditions_text(struct conditions *conditions, const char *sql,
                     const char *text);

/* The same, text being somewhere in it, in any case. */
void conditions_like(struct conditions *conditions, const char *sql,
                     const char *text);

/* The caller finalizes it; NULL: too long, or the database says no. */
sqlite3_stmt *conditions_prepare(struct database *reader,
                                 struct conditions *conditions);

/* The first column of the first row, or 0. */
int64_t conditions_number_of(struct database *reader,
                             struct conditions *conditions);

/* Whether a filter asks for it. */
bool given(const char *text);

/* What is searched in a group's own row. */
void filter_search(struct conditions *conditions,
                   const struct store_filter *filter);

#endif
