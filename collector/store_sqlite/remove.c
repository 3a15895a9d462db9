/* A report goes, and all that was counted of it. Context: tool. */
#include <errno.h>

#include "collector/store_sqlite/internal.h"

/* *ret_usage.starts is -1 where there is none. */
static int read_usage(struct database *database, int64_t seq,
                      struct store_usage *ret_usage)
{
    OWNED_QUERY *query = database_query(
        database, "SELECT starts, clean_ends, crashes FROM usage WHERE seq = ?",
        "i", seq);
    int r = database_step(query);

    ret_usage->starts = -1;
    if (r <= 0)
        return r;
    *ret_usage = (struct store_usage){
        .starts = sqlite3_column_int64(query, 0),
        .clean_ends = sqlite3_column_int64(query, 1),
        .crashes = sqlite3_column_int64(query, 2),
    };
    return 0;
}

static int remove_rows(struct database *database, int64_t seq)
{
    int r =
        database_run(database, "DELETE FROM report WHERE seq = ?", "i", seq);

    if (r == 0)
        r = database_run(database, "DELETE FROM body WHERE seq = ?", "i", seq);
    return r < 0 ? r
                 : database_run(database, "DELETE FROM usage WHERE seq = ?",
                                "i", seq);
}

/* A stack without reports goes too. */
static int remove_stack(struct database *database, int64_t stack)
{
    int r = database_run(database,
                         "DELETE FROM stack WHERE id = ?1 AND NOT EXISTS"
                         " (SELECT 1 FROM report WHERE stack = ?1)",
                         "i", stack);

    if (r < 0 || sqlite3_changes(database->db) == 0)
        return r;
    return database_run(database, "DELETE FROM stack_missing WHERE stack = ?",
                        "i", stack);
}

int report_remove(struct database *database, int64_t seq)
{
    OWNED_QUERY *query = database_query(
        database,
        "SELECT r.project, r.kind, r.time, r.version, ifnull(r.machine, 0),"
        " ifnull(r.grp, 0), ifnull(r.stack, 0), v.version"
        " FROM report r JOIN version v ON v.id = r.version WHERE r.seq = ?",
        "i", seq);
    struct store_usage usage;

    int r = database_step(query);
    if (r <= 0)
        return r < 0 ? r : -ERR_NOT_FOUND;
    struct tally tally = {
        .project = sqlite3_column_int64(query, 0),
        .kind = sqlite3_column_int(query, 1),
        .time_ms = sqlite3_column_int64(query, 2),
        .version = sqlite3_column_int64(query, 3),
        .machine = sqlite3_column_int64(query, 4),
        .group = sqlite3_column_int64(query, 5),
        .version_text = column_text(query, 7),
    };
    int64_t stack = sqlite3_column_int64(query, 6);
    r = read_usage(database, seq, &usage);
    if (r == 0)
        r = remove_rows(database, seq);
    if (r == 0 && stack)
        r = remove_stack(database, stack);
    if (r == 0)
        r = tally_group(database, &tally, -1);
    if (r == 0) {
        r = tally_report(database, &tally, usage.starts >= 0 ? &usage : NULL,
                         -1);
    }
    return r;
}
