/* Counts that follow the reports, row by row. Context: tool. */
#include <errno.h>
#include <string.h>

#include "collector/store_sqlite/internal.h"
#include "collector/version_order.h"

/* A count; key is the second column. */
struct count {
    const char *add, *begin, *drop;
};

/*
 * 1: the first of its key came, or the last one went. Without RETURNING, for
 * which SQLite makes a table each time.
 */
static int count_number(struct database *database, const struct count *count,
                        int64_t group, int64_t key, int64_t sign)
{
    int r = database_run(database, count->add, "iii", group, key, sign);

    if (r < 0)
        return r;
    bool there = sqlite3_changes(database->db) > 0;
    if (there && sign < 0) {
        r = database_run(database, count->drop, "ii", group, key);
    } else if (!there && sign > 0) {
        r = database_run(database, count->begin, "iii", group, key, sign);
    } else {
        return 0;
    }
    return r < 0 ? r : sqlite3_changes(database->db) > 0;
}

static int count_day(struct database *database, const struct tally *tally,
                     int sign)
{
    static const struct count day = {
        "UPDATE group_day SET count = count + ?3 WHERE grp = ?1 AND day = ?2",
        "INSERT INTO group_day VALUES (?1, ?2, ?3)",
        "DELETE FROM group_day WHERE grp = ? AND day = ? AND count <= 0"};

    return count_number(database, &day, tally->group, tally->time_ms / DAY_MS,
                        sign);
}

static int count_machine(struct database *database, const struct tally *tally,
                         int sign)
{
    static const struct count machine = {
        "UPDATE group_machine SET count = count + ?3"
        " WHERE grp = ?1 AND machine = ?2",
        "INSERT INTO group_machine VALUES (?1, ?2, ?3)",
        "DELETE FROM group_machine WHERE grp = ? AND machine = ?"
        " AND count <= 0"};

    if (tally->machine == 0)
        return 0;
    return count_number(database, &machine, tally->group, tally->machine, sign);
}

static int count_version(struct database *database, const struct tally *tally,
                         int sign)
{
    int r =
        database_run(database,
                     "INSERT INTO group_version VALUES (?1, ?2, ?3)"
                     " ON CONFLICT DO UPDATE SET count = count + ?3",
                     "iti", tally->group, tally->version_text, (int64_t)sign);

    if (r < 0 || sign > 0)
        return r;
    return database_run(
        database, "DELETE FROM group_version WHERE grp = ? AND count <= 0", "i",
        tally->group);
}

/* A resolved group that is seen where it should be gone opens again. */
static int reopen(struct database *database, const struct tally *tally)
{
    OWNED_QUERY *query =
        database_query(database,
                       "SELECT resolved_version, resolved FROM report_group"
                       " WHERE id = ? AND status = 1",
                       "i", tally->group);
    int r = database_step(query);

    if (r <= 0)
        return r;
    const char *resolved = column_text(query, 0);
    bool again = *resolved ? version_compare(tally->version_text, resolved) >= 0
                           : tally->time_ms > sqlite3_column_int64(query, 1);
    if (!again)
        return 0;
    r = database_run(
        database,
        "UPDATE report_group SET status = 0, regressed = 1 WHERE id = ?", "i",
        tally->group);
    return r < 0 ? r
                 : event_add(database, EVENT_REGRESSION, tally->group,
                             tally->received_ms);
}

static int count_group(struct database *database, const struct tally *tally,
                       int sign, int machines)
{
    return database_run(
        database,
        "UPDATE report_group SET count = count + ?2, machines = machines + ?3,"
        " first_version = CASE WHEN ?2 > 0 AND ?4 < ifnull(first, ?4 + 1)"
        "  THEN ?5 ELSE first_version END,"
        " last_version = CASE WHEN ?2 > 0 AND ?4 >= ifnull(last, ?4)"
        "  THEN ?5 ELSE last_version END,"
        " first = CASE WHEN ?2 > 0 THEN min(ifnull(first, ?4), ?4)"
        "  ELSE first END,"
        " last = CASE WHEN ?2 > 0 THEN max(ifnull(last, ?4), ?4)"
        "  ELSE last END WHERE id = ?1",
        "iiiit", tally->group, (int64_t)sign, (int64_t)machines, tally->time_ms,
        tally->version_text);
}

static int remove_empty(struct database *database, int64_t group)
{
    int r = database_run(database,
                         "DELETE FROM report_group WHERE id = ? AND count <= 0",
                         "i", group);

    if (r < 0 || sqlite3_changes(database->db) == 0)
        return r;
    r = database_run(database, "DELETE FROM stack WHERE grp = ?", "i", group);
    return r < 0 ? r
                 : database_run(database, "DELETE FROM event WHERE grp = ?",
                                "i", group);
}

int tally_group(struct database *database, const struct tally *tally, int sign)
{
    if (tally->group == 0)
        return 0;
    int r = count_day(database, tally, sign);
    if (r >= 0)
        r = count_version(database, tally, sign);
    if (r < 0)
        return r;
    int machine = count_machine(database, tally, sign);
    if (machine < 0)
        return machine;
    r = count_group(database, tally, sign, machine ? sign : 0);
    if (r < 0)
        return r;
    if (sign < 0)
        return remove_empty(database, tally->group);
    return tally->arrives ? reopen(database, tally) : 0;
}

static int count_usage(struct database *database, int64_t version,
                       const struct store_usage *usage, int64_t sign)
{
    return database_run(database,
                        "UPDATE version SET starts = starts + ?2,"
                        " clean_ends = clean_ends + ?3,"
                        " crashes = crashes + ?4 WHERE id = ?1",
                        "iiii", version, sign * usage->starts,
                        sign * usage->clean_ends, sign * usage->crashes);
}

int tally_report(struct database *database, const struct tally *tally,
                 const struct store_usage *usage, int sign)
{
    int64_t change = sign;

    int r = database_run(database,
                         "INSERT INTO kind_count VALUES (?1, ?2, ?3)"
                         " ON CONFLICT DO UPDATE SET count = count + ?3",
                         "iii", tally->project, (int64_t)tally->kind, change);
    if (r == 0) {
        r = database_run(database,
                         "UPDATE version SET reports = reports + ?2,"
                         " first = min(first, ?3), last = max(last, ?4)"
                         " WHERE id = ?1",
                         "iiii", tally->version, change,
                         sign > 0 ? tally->time_ms : INT64_MAX,
                         sign > 0 ? tally->time_ms : 0);
    }
    if (r == 0 && usage)
        r = count_usage(database, tally->version, usage, change);
    if (r == 0 && tally->machine) {
        r = database_run(
            database, "UPDATE machine SET reports = reports + ?2 WHERE id = ?1",
            "ii", tally->machine, change);
    }
    if (r == 0 && sign < 0) {
        r = database_run(database,
                         "DELETE FROM machine WHERE id = ? AND reports <= 0",
                         "i", tally->machine);
    }
    if (r == 0 && sign < 0) {
        r = database_run(database,
                         "DELETE FROM version WHERE id = ? AND reports <= 0",
                         "i", tally->version);
    }
    return r;
}
