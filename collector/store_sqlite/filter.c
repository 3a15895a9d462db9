/* Conditions, one after the other, and their values. Context: tool. */
#include "collector/store_sqlite/filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/fmt.h"

#define SQL_BYTES     4096
#define BINDS_MAX     24
#define FEW_REPORTS   20000 /* sorted by group; more are scanned by time */
#define ID_PREFIX_MIN 6     /* hexadecimal digits of a report's id */
#define ID_DIGITS     32

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

static void start(struct conditions *conditions, const char *sql)
{
    *conditions = (struct conditions){0};
    conditions->text = text_init(conditions->sql, SQL_BYTES);
    text_append(&conditions->text, sql);
}

static void finish(struct conditions *conditions)
{
    for (int i = 0; i < conditions->count; i++)
        free(conditions->binds[i].owned);
}

static void add_sql(struct conditions *conditions, const char *sql)
{
    text_append(&conditions->text, sql);
}

/* sql has as many '?' as bind is to be bound. */
static void add(struct conditions *conditions, const char *sql,
                const struct bind *bind)
{
    add_sql(conditions, sql);
    for (const char *at = strchr(sql, '?'); at; at = strchr(at + 1, '?')) {
        if (conditions->count < BINDS_MAX)
            conditions->binds[conditions->count++] = *bind;
    }
}

static void add_number(struct conditions *conditions, const char *sql,
                       int64_t number)
{
    add(conditions, sql, &(struct bind){.number = number});
}

static void add_text(struct conditions *conditions, const char *sql,
                     const char *text)
{
    if (text && *text)
        add(conditions, sql, &(struct bind){.text = text});
}

char *like_pattern(const char *text)
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
static void add_like(struct conditions *conditions, const char *sql,
                     const char *text)
{
    if (!text || !*text)
        return;
    int first = conditions->count;
    char *pattern = like_pattern(text);
    add(conditions, sql, &(struct bind){.text = pattern ? pattern : ""});
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

static sqlite3_stmt *prepare(struct database *reader,
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

static int64_t number_of(struct database *reader, struct conditions *conditions)
{
    sqlite3_stmt *statement = prepare(reader, conditions);
    int64_t number = 0;

    if (database_step(statement) > 0)
        number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return number;
}

static bool given(const char *text)
{
    return text && *text;
}

/* What is searched in a group's own row. */
static void add_search(struct conditions *conditions,
                       const struct store_filter *filter)
{
    add_like(conditions, " AND names LIKE ? ESCAPE '\\'", filter->function);
    add_like(conditions,
             " AND (title LIKE ? ESCAPE '\\' OR subtitle LIKE ? ESCAPE '\\'"
             " OR names LIKE ? ESCAPE '\\' OR app LIKE ? ESCAPE '\\')",
             filter->q);
}

static void add_group_conditions(struct conditions *conditions,
                                 const struct store_filter *filter)
{
    if (filter->project)
        add_number(conditions, " AND project = ?", filter->project);
    if (filter->kind)
        add_number(conditions, " AND kind = ?", filter->kind);
    if (filter->status >= 0)
        add_number(conditions, " AND status = ?", filter->status);
    add_text(conditions, " AND app = ?", filter->app);
    add_text(conditions, " AND signal = ?", filter->signal);
    add_text(conditions,
             " AND EXISTS (SELECT 1 FROM group_version"
             " WHERE grp = report_group.id AND version = ?)",
             filter->version);
    add_text(conditions,
             " AND id IN (SELECT grp FROM group_machine WHERE machine IN"
             " (SELECT id FROM machine WHERE installation = ?))",
             filter->machine);
    add_search(conditions, filter);
    if (filter->since_ms || filter->until_ms) {
        add_number(conditions,
                   " AND EXISTS (SELECT 1 FROM group_day WHERE grp ="
                   " report_group.id AND day >= ?",
                   filter->since_ms / DAY_MS);
        if (filter->until_ms)
            add_number(conditions, " AND day <= ?", filter->until_ms / DAY_MS);
        add_sql(conditions, ")");
    }
}

/* "value.id" of the last row of the page before. */
static void add_cursor(struct conditions *conditions, const char *cursor,
                       const char *column)
{
    char *end = NULL;

    if (!given(cursor))
        return;
    long long value = strtoll(cursor, &end, 10);
    long long id = *end == '.' ? strtoll(end + 1, NULL, 10) : 0;
    add_sql(conditions, " AND (");
    add_sql(conditions, column);
    add_number(conditions, ", id) < (?, ", value);
    add_number(conditions, "?)", id);
}

sqlite3_stmt *filter_groups(struct database *reader,
                            const struct store_filter *filter,
                            const char *columns, int64_t *ret_total)
{
    static const char *const sorts[] = {
        [STORE_SORT_LAST] = "last",
        [STORE_SORT_FIRST] = "first",
        [STORE_SORT_COUNT] = "count",
    };
    struct conditions conditions;

    start(&conditions, "SELECT count(*) FROM report_group WHERE count > 0");
    add_group_conditions(&conditions, filter);
    *ret_total = number_of(reader, &conditions);
    finish(&conditions);
    start(&conditions, "SELECT ");
    add_sql(&conditions, columns);
    add_sql(&conditions, " FROM report_group WHERE count > 0");
    add_group_conditions(&conditions, filter);
    add_cursor(&conditions, filter->cursor, sorts[filter->sort]);
    add_sql(&conditions, " ORDER BY ");
    add_sql(&conditions, sorts[filter->sort]);
    add_number(&conditions, " DESC, id DESC LIMIT ?",
               (int64_t)filter->limit + 1);
    sqlite3_stmt *statement = prepare(reader, &conditions);
    finish(&conditions);
    return statement;
}

/* --- reports ------------------------------------------------------------- */

/* Whether q begins a report's id; the smallest and largest such id. */
static bool id_range(const char *q, struct bind *ret_low, struct bind *ret_high)
{
    size_t digits = 0;

    *ret_low = (struct bind){.is_blob = true};
    *ret_high = (struct bind){.is_blob = true};
    memset(ret_high->blob, 0xff, sizeof ret_high->blob);
    for (; *q; q++) {
        if (*q == '-')
            continue;
        if (!isxdigit((unsigned char)*q) || digits == ID_DIGITS)
            return false;
        char text[2] = {*q, '\0'};
        unsigned value = (unsigned)strtoul(text, NULL, 16);
        unsigned shift = digits % 2 ? 0 : 4;
        uint8_t mask = (uint8_t)(0xf << shift);
        ret_low->blob[digits / 2] |= (uint8_t)(value << shift);
        ret_high->blob[digits / 2] =
            (uint8_t)((ret_high->blob[digits / 2] & ~mask) | value << shift);
        digits++;
    }
    return digits >= ID_PREFIX_MIN;
}

/*
 * Reports of the groups that a search finds. Few: group by group, sorted; many:
 * newest first, each looked up, for then the page is soon full.
 */
static void add_groups_found(struct database *reader,
                             struct conditions *conditions,
                             const struct store_filter *filter)
{
    struct conditions sum;

    if (!given(filter->q) && !given(filter->function))
        return;
    start(&sum, "SELECT total(count) FROM report_group WHERE 1");
    add_search(&sum, filter);
    bool few = number_of(reader, &sum) < FEW_REPORTS;
    finish(&sum);
    add_sql(conditions, few ? " AND r.grp IN" : " AND +r.grp IN");
    add_sql(conditions, " (SELECT id FROM report_group WHERE 1");
    add_search(conditions, filter);
    add_sql(conditions, ")");
}

static void add_q(struct database *reader, struct conditions *conditions,
                  const struct store_filter *filter)
{
    struct bind low;
    struct bind high;

    if (given(filter->q) && id_range(filter->q, &low, &high)) {
        add(conditions, " AND r.id BETWEEN ?", &low);
        add(conditions, " AND ?", &high);
        return;
    }
    add_groups_found(reader, conditions, filter);
}

static void add_report_conditions(struct conditions *conditions,
                                  const struct store_filter *filter)
{
    if (filter->project)
        add_number(conditions, " AND r.project = ?", filter->project);
    if (filter->group)
        add_number(conditions, " AND r.grp = ?", filter->group);
    if (filter->kind)
        add_number(conditions, " AND r.kind = ?", filter->kind);
    if (filter->status >= 0) {
        add_number(conditions,
                   " AND r.grp IN (SELECT id FROM report_group"
                   " WHERE status = ?)",
                   filter->status);
    }
    add_text(conditions, " AND r.signal = ?", filter->signal);
    add_text(conditions,
             " AND r.version IN (SELECT id FROM version WHERE app = ?)",
             filter->app);
    add_text(conditions,
             " AND r.version IN (SELECT id FROM version WHERE version = ?)",
             filter->version);
    add_text(conditions,
             " AND r.machine IN (SELECT id FROM machine"
             " WHERE installation = ?)",
             filter->machine);
    if (filter->since_ms)
        add_number(conditions, " AND r.time >= ?", filter->since_ms);
    if (filter->until_ms)
        add_number(conditions, " AND r.time < ?", filter->until_ms);
}

sqlite3_stmt *filter_reports(struct database *reader,
                             const struct store_filter *filter,
                             const char *columns)
{
    struct conditions conditions;

    start(&conditions, "SELECT ");
    add_sql(&conditions, columns);
    add_sql(&conditions, " FROM report r JOIN version v ON v.id = r.version"
                         " LEFT JOIN machine m ON m.id = r.machine WHERE 1");
    add_report_conditions(&conditions, filter);
    add_q(reader, &conditions, filter);
    add_number(&conditions, " ORDER BY r.time DESC LIMIT ?",
               (int64_t)filter->limit);
    add_number(&conditions, " OFFSET ?", (int64_t)filter->offset);
    sqlite3_stmt *statement = prepare(reader, &conditions);
    finish(&conditions);
    return statement;
}
