/*
 * What the files of this folder share: the writer, the readers, and the counts
 * that follow the reports. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_STORE_SQLITE_INTERNAL_H
#define INQUEST_COLLECTOR_STORE_SQLITE_INTERNAL_H

#include "collector/store.h"
#include "collector/store_sqlite/database.h"
#include "collector/store_sqlite/writer.h"

#define READERS          4
#define READER_CACHE_KIB 1500
#define WRITER_CACHE_KIB 12000

struct store {
    char *path;
    bool old; /* the table report_1 is there */
    struct writer writer;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct database readers[READERS];
    bool taken[READERS];
};

/* A connection for reading; waits for one. */
struct database *reader_take(struct store *store);
void reader_give(struct store *store, struct database *reader);

/* RFC 3339 UTC of a column of milliseconds, in SQL. */
#define SQL_TIME(column) \
    "strftime('%Y-%m-%dT%H:%M:%fZ', " column " / 1000.0, 'unixepoch')"

#define SQL_DAY(column) "strftime('%Y-%m-%d', " column " * 86400, 'unixepoch')"

#define EVENT_NEW_GROUP  "new-group"
#define EVENT_REGRESSION "regression"
#define EVENT_SPIKE      "spike"

/* One report as the counts see it. */
struct tally {
    int64_t project, group, machine, version, time_ms, received_ms;
    int kind;
    const char *version_text;
    bool arrives; /* just now: reopens a resolved group */
};

/* sign 1: counts it in its group; -1: out of it; an empty group goes. */
MUST_CHECK int tally_group(struct database *database, const struct tally *tally,
                           int sign);

/* Counts a report of a kind, a version and a machine, or out of them. */
MUST_CHECK int tally_report(struct database *database,
                            const struct tally *tally,
                            const struct store_usage *usage, int sign);

/*
 * Makes the group of a signature where there is none; 1: it is new. from: the
 * group it takes its status over from, 0: none.
 */
MUST_CHECK int group_make(struct database *database, int64_t project,
                          const struct signature *signature,
                          const char *evidence, int64_t from);

/* Tells of a group that was never told of. */
MUST_CHECK int group_announce(struct database *database, int64_t group,
                              int64_t now_ms);

MUST_CHECK int event_add(struct database *database, const char *event,
                         int64_t group, int64_t now_ms);

/* Takes one report out of everything. -ERR_NOT_FOUND: it is gone already. */
MUST_CHECK int report_remove(struct database *database, int64_t seq);

/*
 * 1: the report was made before its installation asked for deletion, and came
 * after all of it was deleted; 0: no.
 */
MUST_CHECK int deletion_covers(struct database *database,
                               const struct store_report *report);

/* 16 hexadecimal digits. */
void group_hex(int64_t group, char ret_hex[17]);

#endif
