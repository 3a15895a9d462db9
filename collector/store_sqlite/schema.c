/* The tables. Context: tool. */
#include "collector/store_sqlite/schema.h"

#include <errno.h>

/* What report_time is for one project, for all of them. */
#define NEWEST_INDEX \
    "CREATE INDEX report_newest ON report (time, grp, kind, signal);"

/* Who was forgotten: each report is looked up. */
#define WHOSE_INDEX \
    "CREATE INDEX deletion_whose ON deletion (project, whose, accepted);"

/*
 * report is narrow, so that a scan is quick; what was sent lies in body. A
 * group's id is its fingerprint. The counts beside report_group follow report
 * row by row (tally.c). kind, status: numbers of the schema and store.h.
 */
static const char tables[] =
    "CREATE TABLE project (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE machine (id INTEGER PRIMARY KEY, project INTEGER NOT NULL,"
    " installation TEXT NOT NULL, reports INTEGER NOT NULL,"
    " UNIQUE (project, installation));"
    "CREATE TABLE version (id INTEGER PRIMARY KEY, project INTEGER NOT NULL,"
    " app TEXT NOT NULL, version TEXT NOT NULL, first INTEGER NOT NULL,"
    " last INTEGER NOT NULL, reports INTEGER NOT NULL, starts INTEGER NOT NULL,"
    " clean_ends INTEGER NOT NULL, crashes INTEGER NOT NULL,"
    " UNIQUE (project, app, version));"
    "CREATE TABLE kind_count (project INTEGER, kind INTEGER, count INTEGER,"
    " PRIMARY KEY (project, kind)) WITHOUT ROWID;"
    "CREATE TABLE report (seq INTEGER PRIMARY KEY, project INTEGER NOT NULL,"
    " id BLOB NOT NULL, kind INTEGER NOT NULL, time INTEGER NOT NULL,"
    " received INTEGER NOT NULL, version INTEGER NOT NULL, signal TEXT,"
    " cause TEXT, machine INTEGER, grp INTEGER, stack INTEGER,"
    " expires INTEGER NOT NULL, content BLOB NOT NULL);"
    "CREATE UNIQUE INDEX report_id ON report (id, project);"
    "CREATE INDEX report_time ON report (project, time, grp, kind, "
    "signal);" NEWEST_INDEX "CREATE INDEX report_grp ON report (grp, time);"
    "CREATE INDEX report_version ON report (version, time);"
    "CREATE INDEX report_machine ON report (machine, time);"
    "CREATE INDEX report_stack ON report (stack);"
    "CREATE INDEX report_expires ON report (expires);"
    "CREATE TABLE body (seq INTEGER PRIMARY KEY, packed BLOB NOT NULL);"
    "CREATE TABLE usage (seq INTEGER PRIMARY KEY, starts INTEGER NOT NULL,"
    " clean_ends INTEGER NOT NULL, crashes INTEGER NOT NULL);"
    "CREATE TABLE report_group (id INTEGER PRIMARY KEY,"
    " project INTEGER NOT NULL, kind INTEGER NOT NULL, app TEXT NOT NULL,"
    " signal TEXT NOT NULL, title TEXT NOT NULL, subtitle TEXT NOT NULL,"
    " names TEXT NOT NULL, algorithm INTEGER NOT NULL,"
    " count INTEGER NOT NULL DEFAULT 0, machines INTEGER NOT NULL DEFAULT 0,"
    " first INTEGER, last INTEGER, first_version TEXT, last_version TEXT,"
    " status INTEGER NOT NULL DEFAULT 0, resolved_version TEXT,"
    " resolved INTEGER, regressed INTEGER NOT NULL DEFAULT 0,"
    " announced INTEGER NOT NULL DEFAULT 0, spike_day INTEGER);"
    "CREATE INDEX report_group_last ON report_group (project, last);"
    "CREATE TABLE group_day (grp INTEGER, day INTEGER, count INTEGER NOT NULL,"
    " PRIMARY KEY (grp, day)) WITHOUT ROWID;"
    "CREATE TABLE group_version (grp INTEGER, version TEXT,"
    " count INTEGER NOT NULL, PRIMARY KEY (grp, version)) WITHOUT ROWID;"
    "CREATE TABLE group_machine (grp INTEGER, machine INTEGER,"
    " count INTEGER NOT NULL, PRIMARY KEY (grp, machine)) WITHOUT ROWID;"
    "CREATE INDEX group_machine_machine ON group_machine (machine);"
    "CREATE TABLE stack (id INTEGER PRIMARY KEY, project INTEGER NOT NULL,"
    " hash BLOB NOT NULL, grp INTEGER NOT NULL, pending INTEGER NOT NULL,"
    " algorithm INTEGER NOT NULL, evidence TEXT NOT NULL,"
    " UNIQUE (project, hash));"
    "CREATE INDEX stack_pending ON stack (id) WHERE pending = 1;"
    "CREATE INDEX stack_grp ON stack (grp);"
    "CREATE TABLE stack_missing (build_id TEXT, stack INTEGER,"
    " PRIMARY KEY (build_id, stack)) WITHOUT ROWID;"
    "CREATE TABLE deletion (id TEXT PRIMARY KEY, project INTEGER NOT NULL,"
    " installation TEXT, mac TEXT, state INTEGER NOT NULL, accepted INTEGER "
    "NOT NULL,"
    " completed INTEGER, deleted INTEGER NOT NULL DEFAULT 0,"
    " whose BLOB);" WHOSE_INDEX
    "CREATE TABLE event (id INTEGER PRIMARY KEY, project INTEGER NOT NULL,"
    " event TEXT NOT NULL, grp INTEGER NOT NULL, time INTEGER NOT NULL,"
    " tries INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL);"
    "PRAGMA user_version = 5;";

static int has_table(struct database *database, const char *name)
{
    int64_t count = 0;
    int r = database_number(
        database, &count,
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?",
        "t", name);

    return r < 0 ? r : count > 0;
}

static int make_tables(struct database *database)
{
    int old = has_table(database, "report");
    int r = old;

    if (old > 0) {
        r = database_exec(database,
                          "CREATE TABLE report_1 (row INTEGER PRIMARY KEY,"
                          " packed BLOB NOT NULL);"
                          "INSERT INTO report_1 (packed) SELECT packed"
                          " FROM report ORDER BY time;"
                          "DROP TABLE report;");
    }
    return r < 0 ? r : database_exec(database, tables);
}

/* From version 2 on, a step a version. */
static int migrate(struct database *database, int64_t version)
{
    static const char *const steps[SCHEMA_VERSION] = {
        [2] = "ALTER TABLE deletion ADD COLUMN mac TEXT;"
              "UPDATE deletion SET mac = '' WHERE state = 0;"
              "PRAGMA user_version = 3;",
        [3] = NEWEST_INDEX "PRAGMA user_version = 4;",
        [4] = "ALTER TABLE deletion ADD COLUMN whose BLOB;" WHOSE_INDEX
              "PRAGMA user_version = 5;",
    };
    int r = 0;

    if (version < 2)
        return make_tables(database);
    for (; r == 0 && version < SCHEMA_VERSION; version++)
        r = database_exec(database, steps[version]);
    return r;
}

int schema_make(struct database *database, bool *ret_old)
{
    int64_t version = 0;

    if (database_exec(database, "PRAGMA journal_mode = WAL;"
                                "PRAGMA wal_autocheckpoint = 4000;"
                                "BEGIN IMMEDIATE") < 0)
        return -EIO;
    int r = database_number(database, &version, "PRAGMA user_version", "");
    if (r == 0 && version > SCHEMA_VERSION)
        r = -ERR_VERSION;
    if (r == 0 && version < SCHEMA_VERSION)
        r = migrate(database, version);
    if (r == 0)
        r = database_exec(database, "COMMIT");
    if (r < 0) {
        DROP(database_exec(database, "ROLLBACK")); /* the first error counts */
        return r;
    }
    int old = has_table(database, "report_1");
    *ret_old = old > 0;
    return old < 0 ? old : 0;
}
