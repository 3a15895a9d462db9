/*
 * Which reports. A page of them is the newest: each condition is put so that an
 * index gives them in the order of time, or few are sorted. Context: tool.
 */
#include "collector/store_sqlite/filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "collector/store_sqlite/conditions.h"

#define FEW_REPORTS   5000 /* are sorted; more are scanned by time */
#define ID_PREFIX_MIN 6    /* hexadecimal digits of a report's id */
#define ID_DIGITS     32

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

static void group_conditions(struct conditions *conditions,
                             const struct store_filter *filter)
{
    if (filter->project)
        conditions_number(conditions, " AND project = ?", filter->project);
    if (filter->status >= 0)
        conditions_number(conditions, " AND status = ?", filter->status);
    conditions_text(conditions, " AND signal = ?", filter->signal);
    filter_search(conditions, filter);
}

/*
 * Of reports by the groups that they are in. Few: group by group, sorted; many:
 * newest first, each looked up, for then the page is soon full.
 */
static void add_by_group(struct database *reader, struct conditions *conditions,
                         const struct store_filter *filter)
{
    struct conditions found;

    conditions_start(&found, "SELECT total(count) FROM report_group WHERE 1");
    group_conditions(&found, filter);
    bool few = conditions_number_of(reader, &found) < FEW_REPORTS;
    conditions_finish(&found);
    conditions_sql(conditions, few ? " AND r.grp IN" : " AND +r.grp IN");
    conditions_sql(conditions, " (SELECT id FROM report_group WHERE 1");
    group_conditions(conditions, filter);
    conditions_sql(conditions, ")");
}

/* A table whose rows count their reports, and reports' column of its ids. */
struct owner {
    const char *table, *column;
    void (*conditions)(struct conditions *conditions,
                       const struct store_filter *filter);
};

static void version_conditions(struct conditions *conditions,
                               const struct store_filter *filter)
{
    if (filter->project)
        conditions_number(conditions, " AND project = ?", filter->project);
    conditions_text(conditions, " AND app = ?", filter->app);
    conditions_text(conditions, " AND version = ?", filter->version);
}

static void machine_conditions(struct conditions *conditions,
                               const struct store_filter *filter)
{
    if (filter->project)
        conditions_number(conditions, " AND project = ?", filter->project);
    conditions_text(conditions, " AND installation = ?", filter->machine);
}

static int64_t ask_owner(struct database *reader, const struct owner *owner,
                         const struct store_filter *filter, const char *what)
{
    struct conditions conditions;

    conditions_start(&conditions, "SELECT ");
    conditions_sql(&conditions, what);
    conditions_sql(&conditions, " FROM ");
    conditions_sql(&conditions, owner->table);
    conditions_sql(&conditions, " WHERE 1");
    owner->conditions(&conditions, filter);
    int64_t number = conditions_number_of(reader, &conditions);
    conditions_finish(&conditions);
    return number;
}

/* One owner: its reports lie in the order of time. Several: as above. */
static void add_owner(struct database *reader, struct conditions *conditions,
                      const struct store_filter *filter,
                      const struct owner *owner)
{
    bool one = ask_owner(reader, owner, filter, "count(*)") == 1;
    bool few =
        one || ask_owner(reader, owner, filter, "total(reports)") < FEW_REPORTS;

    conditions_sql(conditions, few ? " AND r." : " AND +r.");
    conditions_sql(conditions, owner->column);
    if (one) {
        conditions_number(conditions, " = ?",
                          ask_owner(reader, owner, filter, "min(id)"));
        return;
    }
    conditions_sql(conditions, " IN (SELECT id FROM ");
    conditions_sql(conditions, owner->table);
    conditions_sql(conditions, " WHERE 1");
    owner->conditions(conditions, filter);
    conditions_sql(conditions, ")");
}

static const struct owner versions = {"version", "version", version_conditions};
static const struct owner machines = {"machine", "machine", machine_conditions};

static bool is_by_group(const struct store_filter *filter)
{
    return given(filter->q) || given(filter->function) ||
           given(filter->signal) || filter->status >= 0;
}

static void add_report_conditions(struct database *reader,
                                  struct conditions *conditions,
                                  const struct store_filter *filter)
{
    if (filter->group)
        conditions_number(conditions, " AND r.grp = ?", filter->group);
    if (filter->kind)
        conditions_number(conditions, " AND r.kind = ?", filter->kind);
    conditions_text(conditions, " AND r.signal = ?", filter->signal);
    if (given(filter->app) || given(filter->version))
        add_owner(reader, conditions, filter, &versions);
    if (given(filter->machine))
        add_owner(reader, conditions, filter, &machines);
    if (filter->since_ms)
        conditions_number(conditions, " AND r.time >= ?", filter->since_ms);
    if (filter->until_ms)
        conditions_number(conditions, " AND r.time < ?", filter->until_ms);
}

/* By the project alone its index serves; else what is asked for is narrower. */
static void add_project(struct conditions *conditions,
                        const struct store_filter *filter)
{
    bool narrow = filter->group || is_by_group(filter) || given(filter->app) ||
                  given(filter->version) || given(filter->machine);

    if (filter->project) {
        conditions_number(conditions,
                          narrow ? " AND +r.project = ?" : " AND r.project = ?",
                          filter->project);
    }
}

/* A search for an id finds the report, not a group. */
static void add_groups(struct database *reader, struct conditions *conditions,
                       const struct store_filter *filter)
{
    struct store_filter rest = *filter;
    struct bind low;
    struct bind high;

    if (given(filter->q) && id_range(filter->q, &low, &high)) {
        conditions_add(conditions, " AND r.id BETWEEN ?", &low);
        conditions_add(conditions, " AND ?", &high);
        rest.q = NULL;
    }
    if (is_by_group(&rest))
        add_by_group(reader, conditions, &rest);
}

sqlite3_stmt *filter_reports(struct database *reader,
                             const struct store_filter *filter,
                             const char *columns)
{
    struct conditions conditions;

    conditions_start(&conditions, "SELECT ");
    conditions_sql(&conditions, columns);
    conditions_sql(&conditions,
                   " FROM report r JOIN version v ON v.id = r.version"
                   " LEFT JOIN machine m ON m.id = r.machine WHERE 1");
    add_project(&conditions, filter);
    add_report_conditions(reader, &conditions, filter);
    add_groups(reader, &conditions, filter);
    conditions_number(&conditions, " ORDER BY r.time DESC LIMIT ?",
                      (int64_t)filter->limit);
    conditions_number(&conditions, " OFFSET ?", (int64_t)filter->offset);
    sqlite3_stmt *statement = conditions_prepare(reader, &conditions);
    conditions_finish(&conditions);
    return statement;
}
