/* Which groups. Context: tool. */
#include "collector/store_sqlite/filter.h"

#include <stdlib.h>

#include "collector/store_sqlite/conditions.h"

/* What is searched in a group's own row. */
void filter_search(struct conditions *conditions,
                   const struct store_filter *filter)
{
    conditions_like(conditions, " AND names LIKE ? ESCAPE '\\'",
                    filter->function);
    conditions_like(
        conditions,
        " AND (title LIKE ? ESCAPE '\\' OR subtitle LIKE ? ESCAPE '\\'"
        " OR names LIKE ? ESCAPE '\\' OR app LIKE ? ESCAPE '\\')",
        filter->q);
}

static void add_group_conditions(struct conditions *conditions,
                                 const struct store_filter *filter)
{
    if (filter->project)
        conditions_number(conditions, " AND project = ?", filter->project);
    if (filter->kind)
        conditions_number(conditions, " AND kind = ?", filter->kind);
    if (filter->status >= 0)
        conditions_number(conditions, " AND status = ?", filter->status);
    conditions_text(conditions, " AND app = ?", filter->app);
    conditions_text(conditions, " AND signal = ?", filter->signal);
    conditions_text(conditions,
                    " AND EXISTS (SELECT 1 FROM group_version"
                    " WHERE grp = report_group.id AND version = ?)",
                    filter->version);
    conditions_text(conditions,
                    " AND id IN (SELECT grp FROM group_machine WHERE machine IN"
                    " (SELECT id FROM machine WHERE installation = ?))",
                    filter->machine);
    filter_search(conditions, filter);
    if (filter->since_ms || filter->until_ms) {
        conditions_number(conditions,
                          " AND EXISTS (SELECT 1 FROM group_day WHERE grp ="
                          " report_group.id AND day >= ?",
                          filter->since_ms / DAY_MS);
        if (filter->until_ms) {
            conditions_number(conditions, " AND day <= ?",
                              filter->until_ms / DAY_MS);
        }
        conditions_sql(conditions, ")");
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
    conditions_sql(conditions, " AND (");
    conditions_sql(conditions, column);
    conditions_number(conditions, ", id) < (?, ", value);
    conditions_number(conditions, "?)", id);
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

    conditions_start(&conditions,
                     "SELECT count(*) FROM report_group WHERE count > 0");
    add_group_conditions(&conditions, filter);
    *ret_total = conditions_number_of(reader, &conditions);
    conditions_finish(&conditions);
    conditions_start(&conditions, "SELECT ");
    conditions_sql(&conditions, columns);
    conditions_sql(&conditions, " FROM report_group WHERE count > 0");
    add_group_conditions(&conditions, filter);
    add_cursor(&conditions, filter->cursor, sorts[filter->sort]);
    conditions_sql(&conditions, " ORDER BY ");
    conditions_sql(&conditions, sorts[filter->sort]);
    conditions_number(&conditions, " DESC, id DESC LIMIT ?",
                      (int64_t)filter->limit + 1);
    sqlite3_stmt *statement = conditions_prepare(reader, &conditions);
    conditions_finish(&conditions);
    return statement;
}
