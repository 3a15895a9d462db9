/* A report goes in, and one comes out. Context: tool. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "collector/store_sqlite/internal.h"

static struct span id_span(const uint8_t *id)
{
    return (struct span){id, STORE_ID_BYTES};
}

/* The id of the report's machine; 0: it names none. */
static int put_machine(struct database *database,
                       const struct store_report *report, int64_t *ret_machine)
{
    *ret_machine = 0;
    if (!*report->machine)
        return 0;
    int r = database_number(
        database, ret_machine,
        "SELECT id FROM machine WHERE project = ? AND installation = ?", "it",
        report->project, report->machine);
    if (r != -ERR_NOT_FOUND)
        return r;
    return database_insert(
        database, ret_machine,
        "INSERT INTO machine (project, installation, reports) VALUES (?, ?, 0)",
        "it", report->project, report->machine);
}

static int put_version(struct database *database,
                       const struct store_report *report, int64_t *ret_version)
{
    int r = database_number(
        database, ret_version,
        "SELECT id FROM version WHERE project = ? AND app = ? AND version = ?",
        "itt", report->project, report->app, report->version);

    if (r != -ERR_NOT_FOUND)
        return r;
    return database_insert(
        database, ret_version,
        "INSERT INTO version (project, app, version, first, last, reports,"
        " starts, clean_ends, crashes) VALUES (?1, ?2, ?3, ?4, ?4, 0, 0, 0, 0)",
        "itti", report->project, report->app, report->version, report->time_ms);
}

/* Finds the stack, or makes it with its first group. */
static int put_stack(struct database *database,
                     const struct store_report *report, int64_t *ret_stack,
                     int64_t *ret_group)
{
    const struct store_stack *stack = report->stack;
    struct signature signature;
    struct span hash = {stack->hash, sizeof stack->hash};
    OWNED_QUERY *query = database_query(
        database, "SELECT id, grp FROM stack WHERE project = ? AND hash = ?",
        "ib", report->project, hash);
    int r = database_step(query);

    if (r > 0) {
        *ret_stack = sqlite3_column_int64(query, 0);
        *ret_group = sqlite3_column_int64(query, 1);
    }
    if (r != 0)
        return r < 0 ? r : 0;
    const char *evidence = stack->sign(stack->context, &signature);
    if (!evidence)
        return -ENOMEM;
    r = group_make(database, report->project, &signature, evidence, 0);
    if (r >= 0 && stack->settled)
        r = group_announce(database, signature.id, report->received_ms);
    if (r < 0)
        return r;
    *ret_group = signature.id;
    return database_insert(
        database, ret_stack,
        "INSERT INTO stack (project, hash, grp, pending, algorithm, evidence)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        "ibiiit", report->project, hash, signature.id, (int64_t)!stack->settled,
        (int64_t)SIGNATURE_ALGORITHM, evidence);
}

static int put_rows(struct database *database,
                    const struct store_report *report,
                    const struct tally *tally, int64_t stack)
{
    struct span content = {report->content, sizeof report->content};
    int64_t seq = 0;

    int r = database_insert(
        database, &seq,
        "INSERT INTO report (project, id, kind, time, received, version,"
        " signal, cause, machine, grp, stack, expires, content) VALUES (?, ?,"
        " ?, ?, ?, ?, ?, ?, nullif(?, 0), nullif(?, 0), nullif(?, 0), ?, ?)",
        "ibiiiittiiiib", report->project, id_span(report->id),
        (int64_t)report->kind, report->time_ms, report->received_ms,
        tally->version, report->signal, report->cause, tally->machine,
        tally->group, stack, report->expires_ms, content);
    if (r == 0) {
        r = database_run(database, "INSERT INTO body VALUES (?, ?)", "ib", seq,
                         report->body);
    }
    if (r == 0 && report->usage) {
        r = database_run(database, "INSERT INTO usage VALUES (?, ?, ?, ?)",
                         "iiii", seq, report->usage->starts,
                         report->usage->clean_ends, report->usage->crashes);
    }
    return r;
}

/* What came before with the same id. */
struct earlier {
    int64_t seq; /* 0: nothing */
    bool same;   /* it is this very report */
    bool yields; /* the same machine has taken something out since */
};

static int find_earlier(struct database *database,
                        const struct store_report *report,
                        struct earlier *ret_earlier)
{
    OWNED_QUERY *query = database_query(
        database,
        "SELECT seq, content, length(packed), ifnull(installation, '')"
        " FROM report JOIN body USING (seq)"
        " LEFT JOIN machine ON machine.id = report.machine"
        " WHERE report.id = ? AND report.project = ?",
        "bi", id_span(report->id), report->project);
    int r = database_step(query);

    *ret_earlier = (struct earlier){0};
    if (r <= 0)
        return r;
    *ret_earlier = (struct earlier){
        .seq = sqlite3_column_int64(query, 0),
        .same = sqlite3_column_bytes(query, 1) == STORE_HASH_BYTES &&
                memcmp(sqlite3_column_blob(query, 1), report->content,
                       STORE_HASH_BYTES) == 0,
        .yields =
            *report->machine &&
            strcmp(column_text(query, 3), report->machine) == 0 &&
            (size_t)sqlite3_column_int64(query, 2) > report->body.size_bytes,
    };
    return 0;
}

static int put_all(struct database *database, const struct store_report *report,
                   bool arrives)
{
    struct tally tally = {
        .project = report->project,
        .kind = report->kind,
        .time_ms = report->time_ms,
        .received_ms = report->received_ms,
        .version_text = report->version,
        .arrives = arrives,
    };
    int64_t stack = 0;

    int r = put_machine(database, report, &tally.machine);
    if (r == 0)
        r = put_version(database, report, &tally.version);
    if (r == 0 && report->stack)
        r = put_stack(database, report, &stack, &tally.group);
    if (r == 0)
        r = put_rows(database, report, &tally, stack);
    if (r == 0)
        r = tally_report(database, &tally, report->usage, 1);
    if (r == 0)
        r = tally_group(database, &tally, 1);
    return r;
}

/* The earlier one goes last, so that its group is never without a report. */
static int replace(struct database *database, const struct store_report *report,
                   int64_t seq)
{
    int r = database_run(database,
                         "UPDATE report SET id = randomblob(16) WHERE seq = ?",
                         "i", seq);

    if (r == 0)
        r = put_all(database, report, false);
    return r < 0 ? r : report_remove(database, seq);
}

static int put(struct database *database, void *argument)
{
    const struct store_report *report = argument;
    struct earlier earlier;

    int r = find_earlier(database, report, &earlier);
    if (r < 0)
        return r;
    if (earlier.same)
        return STORE_DUPLICATE;
    if (earlier.seq && !earlier.yields)
        return STORE_CONFLICT;
    int covered = earlier.seq ? 0 : deletion_covers(database, report);
    if (covered != 0)
        return covered < 0 ? covered : STORE_FORGOTTEN;
    r = earlier.seq ? replace(database, report, earlier.seq)
                    : put_all(database, report, true);
    if (r < 0)
        return -EIO;
    return earlier.seq ? STORE_REPLACED : STORE_NEW;
}

struct put {
    struct writer_job job;
    store_done *done;
    void *context;
};

static void put_done(void *context, int result)
{
    struct put *one = context;

    one->done(one->context, result);
    free(one);
}

void store_put(struct store *store, const struct store_report *report,
               store_done *done, void *context)
{
    struct put *one = calloc(1, sizeof *one);

    if (!one) {
        done(context, -ENOMEM);
        return;
    }
    *one = (struct put){
        .job = {.work = put,
                .argument = (void *)(uintptr_t)report,
                .done = put_done,
                .context = one},
        .done = done,
        .context = context,
    };
    writer_post(&store->writer, &one->job);
}

static int get(struct database *reader, int64_t project, const uint8_t *id,
               struct store_packed *ret_packed)
{
    OWNED_QUERY *query =
        database_query(reader,
                       "SELECT packed, ifnull(grp, 0), project FROM report "
                       "JOIN body USING (seq)"
                       " WHERE report.id = ?1 AND (?2 = 0 OR project = ?2)",
                       "bi", id_span(id), project);
    int r = database_step(query);

    if (r <= 0)
        return r < 0 ? r : -ERR_NOT_FOUND;
    ret_packed->body = column_copy(query, 0, &ret_packed->size_bytes);
    ret_packed->group = sqlite3_column_int64(query, 1);
    ret_packed->project = sqlite3_column_int64(query, 2);
    return ret_packed->body ? 0 : -ENOMEM;
}

int store_get(struct store *store, int64_t project,
              const uint8_t id[STORE_ID_BYTES], struct store_packed *ret_packed)
{
    struct database *reader = reader_take(store);
    int r = get(reader, project, id, ret_packed);

    reader_give(store, reader);
    return r;
}
