/*
 * Where accepted reports lie, and all that is counted of them. This header is
 * all that the collector knows of it; a store on another database is a sibling
 * of store_sqlite/ that CMake picks.
 *
 * One struct store may be used by several threads. A call that returns 0 has
 * made its change durable: kill -9 right after loses nothing. Calls block but
 * store_put, which tells when it is done. Times are Unix milliseconds; the
 * caller's clock is an argument. A project of 0 means all projects. JSON that
 * is returned is a new reference, as the API shows it (README.md); NULL on
 * failure. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_STORE_H
#define INQUEST_COLLECTOR_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/signature/signature.h"
#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define STORE_LIST_MAX        1000
#define STORE_LIST_DEFAULT    100
#define STORE_ID_BYTES        16 /* of a report: its UUID */
#define STORE_HASH_BYTES      16
#define STORE_TEXT_BYTES_MAX  512 /* of app, version, cause, …: cut */
#define STORE_TREND_DAYS      14
#define STORE_DETAIL_DAYS     30
#define STORE_TOP_MACHINES    20
#define STORE_DELETION_BYTES  37  /* id of a deletion request, with the NUL */
#define STORE_DELETE_STEP     200 /* reports of one transaction */
#define STORE_EVENTS_MAX      10000
#define STORE_EVENT_TRIES_MAX 8

#define DAY_MS 86400000ll

struct store;

MUST_CHECK int store_open(const char *path, struct store **ret_store);

/* Ends what is under way; nobody else may use store meanwhile. */
void store_close(struct store **store);

/* The id of the project of that name, made if there is none: above 0. */
MUST_CHECK int store_project(struct store *store, const char *name,
                             int64_t *ret_project);

/* [{"id","name"}]; project as ever. */
json_t *store_projects(struct store *store, int64_t project);

/* --- putting and getting ------------------------------------------------ */

/* Sums of one USAGE report. */
struct store_usage {
    int64_t starts, clean_ends, crashes;
};

/*
 * What a report is grouped by; its stack is shared by all alike. sign is asked
 * only where the store does not know the stack yet, on the store's thread: for
 * the group, and the evidence as JSON text (signature.h), which it keeps; NULL
 * without memory.
 */
struct store_stack {
    uint8_t hash[STORE_HASH_BYTES]; /* of the evidence as it came */
    const char *(*sign)(void *context, struct signature *ret_signature);
    void *context;
    bool settled; /* no names are to come: a new group is told of now */
};

/* One report; everything is borrowed until it is done. */
struct store_report {
    int64_t project;
    uint8_t id[STORE_ID_BYTES];
    uint8_t content[STORE_HASH_BYTES]; /* of the packed message */
    int kind;
    int64_t time_ms, received_ms;
    int64_t expires_ms; /* when something of it is to be forgotten */
    const char *app, *version, *signal, *cause, *machine; /* not NULL */
    struct span body;                /* gzip of the packed message */
    const struct store_usage *usage; /* NULL but for USAGE */
    const struct store_stack *stack; /* NULL: no group */
};

enum store_put_result {
    STORE_NEW,
    STORE_DUPLICATE, /* this very report is here */
    STORE_REPLACED,  /* a larger one of the same id and machine was here */
    STORE_CONFLICT,  /* another one of the same id is, and stays */
    STORE_FORGOTTEN, /* made before its installation asked for deletion */
};

/* result: enum store_put_result or a negative error; on the store's thread. */
typedef void store_done(void *context, int result);

/* done is called exactly once, when the report is durable or refused. */
void store_put(struct store *store, const struct store_report *report,
               store_done *done, void *context);

struct store_packed {
    uint8_t *body; /* from malloc: gzip */
    size_t size_bytes;
    int64_t group; /* 0: none */
    int64_t project;
};

/* Fails with -ERR_NOT_FOUND, -EIO. */
MUST_CHECK int store_get(struct store *store, int64_t project,
                         const uint8_t id[STORE_ID_BYTES],
                         struct store_packed *ret_packed);

/*
 * Reports of a database of version 1, one after the other: packed is from
 * malloc. Fails with -ERR_NOT_FOUND when none is left. They are put as new
 * ones by who reads reports, then dropped.
 */
MUST_CHECK int store_next_old(struct store *store, uint8_t **ret_packed,
                              size_t *ret_size, int64_t *ret_row);
MUST_CHECK int store_drop_old(struct store *store, int64_t row);

/* --- asking ------------------------------------------------------------- */

enum store_sort { STORE_SORT_LAST, STORE_SORT_FIRST, STORE_SORT_COUNT };

/* NULL, "", 0 and -1 ask for nothing. */
struct store_filter {
    int64_t project;
    int64_t group;
    const char *q, *app, *version, *signal, *function, *machine;
    int kind;   /* 0: any */
    int status; /* enum store_status; -1: any */
    int64_t since_ms, until_ms;
    enum store_sort sort;
    size_t limit, offset;
    const char *cursor;
};

enum store_status { STORE_OPEN, STORE_RESOLVED, STORE_MUTED };

json_t *store_reports(struct store *store, const struct store_filter *filter);
json_t *store_groups(struct store *store, const struct store_filter *filter,
                     int64_t now_ms);
json_t *store_group(struct store *store, int64_t project, int64_t group,
                    int64_t now_ms);
json_t *store_versions(struct store *store, int64_t project, const char *app);
json_t *store_facets(struct store *store, int64_t project);

/* resolved_version may be NULL. Fails with -ERR_NOT_FOUND, -EIO. */
MUST_CHECK int store_set_status(struct store *store, int64_t project,
                                int64_t group, enum store_status status,
                                const char *resolved_version);

/* The evidence of a report, or of a group's newest, and its group. */
json_t *store_evidence(struct store *store, int64_t project,
                       const uint8_t *report_id, int64_t *io_group);

/* --- grouping again ----------------------------------------------------- */

enum store_stacks { STORE_STACKS_PENDING, STORE_STACKS_OLD, STORE_STACKS_ALL };

struct store_stack_row {
    int64_t stack; /* rises from call to call */
    int64_t project, group;
    uint8_t hash[STORE_HASH_BYTES]; /* numbers of stacks are used again */
    json_t *evidence;               /* a new reference */
    bool pending;
};

/*
 * The first stack behind after that waits for names, or that another algorithm
 * grouped, or any. Fails with -ERR_NOT_FOUND.
 */
MUST_CHECK int store_next_stack(struct store *store, enum store_stacks which,
                                int64_t after, struct store_stack_row *ret_row);

/*
 * Moves all reports of a stack to the group of its signature, which is told of
 * if it is new. missing: build-ids without symbols, an array of strings; its
 * names are then no longer waited for. NULL: grouped again, as it waited. A
 * stack that was deleted since row was read is no failure.
 */
MUST_CHECK int store_settle(struct store *store,
                            const struct store_stack_row *row,
                            const struct signature *signature,
                            const json_t *missing);

/* Symbols of a build-id came: its stacks wait again. Writes how many. */
MUST_CHECK int store_symbols_came(struct store *store, const char *build_id,
                                  size_t *ret_count);

/* Build-ids that stacks lack, an array of at most STORE_LIST_MAX strings. */
json_t *store_missing(struct store *store);

/* --- forgetting --------------------------------------------------------- */

/* Whose reports are to go; mac may be "". */
struct store_whose {
    int64_t project;
    const char *installation, *mac;
};

/*
 * Accepts a request; all is deleted by store_delete_step. While one of the
 * same names is not completed, it is that one again.
 */
MUST_CHECK int store_deletion_add(struct store *store,
                                  const struct store_whose *whose,
                                  int64_t now_ms,
                                  char ret_id[STORE_DELETION_BYTES]);
/* {"id","state","acceptedAt",…}. */
json_t *store_deletion(struct store *store, int64_t project, const char *id);

/*
 * One step of the oldest request: some reports, then the write-ahead log. 1:
 * there is more to do; 0: nothing.
 */
MUST_CHECK int store_delete_step(struct store *store, int64_t now_ms);

struct store_expired {
    int64_t report; /* internal */
    int64_t received_ms;
    uint8_t *body; /* from malloc: gzip */
    size_t size_bytes;
};

/* A report of which something is to be forgotten, or -ERR_NOT_FOUND. */
MUST_CHECK int store_next_expired(struct store *store, int64_t now_ms,
                                  struct store_expired *ret_expired);

struct store_trimmed {
    struct span body; /* empty: the report goes */
    int64_t expires_ms;
    bool anonymous; /* its installation and cause are to be forgotten */
};

MUST_CHECK int store_trim(struct store *store, int64_t report,
                          const struct store_trimmed *trimmed);

/* Overwrites what was deleted in the write-ahead log too. -EBUSY: later. */
MUST_CHECK int store_checkpoint(struct store *store);

/* --- telling ------------------------------------------------------------ */

/* Events of groups whose count of today stands out; how many. */
MUST_CHECK int store_find_spikes(struct store *store, int64_t now_ms);

/*
 * The first event that is due: {"id","event","project","group":GROUP,"time"},
 * or NULL.
 */
json_t *store_next_event(struct store *store, int64_t now_ms);

/* told: it goes; else it comes again later, STORE_EVENT_TRIES_MAX times. */
MUST_CHECK int store_event_done(struct store *store, int64_t event, bool told,
                                int64_t now_ms);

struct store_stats {
    int64_t reports, groups, machines, pending_stacks, events, deletions;
    int64_t database_bytes, log_bytes;
    uint64_t commits, commit_us, batch_jobs;
    uint64_t waiting; /* jobs in the writer's queue */
};

MUST_CHECK int store_stats(struct store *store, struct store_stats *ret_stats);

#endif
