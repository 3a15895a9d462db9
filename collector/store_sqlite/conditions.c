/* Conditions, one after the other, and their values. Context: tool. */
#include "collector/store_sqlite/conditions.h"

#include <stdlib.h>
#include <string.h>

void conditions_start(struct conditions *conditions, const char *sql)
{
    *conditions = (struct conditions){0};
    conditions->text = text_init(conditions->sql, SQL_BYTES);
    text_append(&conditions->text, sql);
}

void conditions_finish(struct conditions *conditions)
{
    for (int i = 0; i < conditions->count; i++)
        free(conditions->binds[i].owned);
}

void conditions_sql(struct conditions *conditions, const char *sql)
{
    text_append(&conditions->text, sql);
}

/* sql has as many '?' as bind is to be bound. */
void conditions_add(struct conditions *conditions, const char *sql,
                    const struct bind *bind)
{
    conditions_sql(conditions, sql);
    for (const char *at = strchr(sql, '?'); at; at = strchr(at + 1, '?')) {
        if (conditions->count < BINDS_MAX)
            conditions->binds[conditions->count++] = *bind;
    }
}

void conditions_number(struct conditions *conditions, const char *sql,
                       int64_t number)
{
    conditions_add(conditions, sql, &(struct bind){.number = number});
}

void conditions_text(struct conditions *conditions, const char *sql,
                     const char *text)
{
    if (text && *text)
        conditions_add(conditions, sql, &(struct bind){.text = text});
}

/* "%text%" for LIKE … ESCAPE '\\', from malloc. */
static char *like_pattern(const char *text)
{
    char *pattern = malloc(2 * strlen(text) + 3);
    char *to = pattern;

    if (!pattern)
        return NULL;
    *to++ = '%';
    for (; *text; text++) {
        if (strchr("%_\\", *text))
            *to++ = '\\';
        *to++ = *text;
    }
    *to++ = '%';
    *to = '\0';
    return pattern;
}

/* The first bind of sql owns the pattern. */
void conditions_like(struct conditions *conditions, const char *sql,
                     const char *text)
{
    if (!text || !*text)
        return;
    int first = conditions->count;
    char *pattern = like_pattern(text);
    conditions_add(conditions, sql,
                   &(struct bind){.text = pattern ? pattern : ""});
    if (first < conditions->count) {
        conditions->binds[first].owned = pattern;
    } else {
        free(pattern);
    }
}

static void bind_all(sqlite3_stmt *statement, struct conditions *conditions)
{
    for (int i = 0; i < conditions->count; i++) {
        const struct bind *bind = &conditions->binds[i];
        if (bind->text) {
            (void)sqlite3_bind_text(statement, i + 1, bind->text, -1,
                                    SQLITE_TRANSIENT);
        } else if (bind->is_blob) {
            (void)sqlite3_bind_blob(statement, i + 1, bind->blob,
                                    sizeof bind->blob, SQLITE_TRANSIENT);
        } else {
            (void)sqlite3_bind_int64(statement, i + 1, bind->number);
        }
    }
}

sqlite3_stmt *conditions_prepare(struct database *reader,
                                 struct conditions *conditions)
{
    sqlite3_stmt *statement = NULL;

    if (conditions->text.cut ||
        sqlite3_prepare_v2(reader->db, conditions->sql, -1, &statement, NULL) !=
            SQLITE_OK)
        return NULL;
    bind_all(statement, conditions);
    return statement;
}

int64_t conditions_number_of(struct database *reader,
                             struct conditions *conditions)
{
    sqlite3_stmt *statement = conditions_prepare(reader, conditions);
    int64_t number = 0;

    if (database_step(statement) > 0)
        number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return number;
}

bool given(const char *text)
{
    return text && *text;
}
