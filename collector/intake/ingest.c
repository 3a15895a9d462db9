/* Ingest. Context: tool. */
#include "collector/intake/ingest.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "collector/api/api.h"
#include "collector/config.h"
#include "collector/http/gzip.h"
#include "collector/intake/intake.h"
#include "collector/metrics.h"
#include "collector/symbols/symbols.h"
#include "proto/frame.h"

#define RETRY_SECONDS      2
#define SEAL_RETRY_SECONDS 300 /* a person must do something first */

/* Large reports take much memory: one of them at a time, from its unpacking
 * until it is in the store. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool taken;
} turn = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .ended = PTHREAD_COND_INITIALIZER,
};

/* Packed bytes of the others that wait for the store, which may stand still. */
static atomic_size_t waiting_bytes;

static void turn_begin(void)
{
    (void)pthread_mutex_lock(&turn.lock);
    while (turn.taken)
        (void)pthread_cond_wait(&turn.ended, &turn.lock);
    turn.taken = true;
    (void)pthread_mutex_unlock(&turn.lock);
}

static void turn_end(void)
{
    (void)pthread_mutex_lock(&turn.lock);
    turn.taken = false;
    (void)pthread_cond_signal(&turn.ended);
    (void)pthread_mutex_unlock(&turn.lock);
}

static struct answer refuse(unsigned status, const char *sentence)
{
    metric_add(METRIC_REPORTS_REFUSED, 1);
    return answer_error(status, sentence);
}

/* What waits for the commit. */
struct waiting {
    struct request *request;
    struct intake intake;
    uint8_t *body;        /* what intake.row.body points to, where it is ours */
    int result;           /* enum store_put_result, or an error */
    size_t counted_bytes; /* in waiting_bytes */
    bool large;           /* it has the turn */
    char id[REPORT_ID_BYTES];
};

static void waiting_free(void *context)
{
    struct waiting *waiting = context;

    intake_close(&waiting->intake);
    atomic_fetch_sub(&waiting_bytes, waiting->counted_bytes);
    free(waiting->body);
    free(waiting);
}

static struct answer answer_of(void *context)
{
    const struct waiting *waiting = context;
    const char *id = waiting->id;

    switch (waiting->result) {
    case STORE_NEW:
        metric_add(METRIC_REPORTS_ACCEPTED, 1);
        metric_add(METRIC_REPORT_BYTES, waiting->request->body_bytes);
        return answer_json(
            202, json_pack("{s:s,s:b}", "reportId", id, "duplicate", 0));
    case STORE_REPLACED:
    case STORE_DUPLICATE:
        metric_add(METRIC_REPORTS_DUPLICATE, 1);
        return answer_json(200, json_pack("{s:s,s:b,s:b}", "reportId", id,
                                          "duplicate", 1, "replaced",
                                          waiting->result == STORE_REPLACED));
    case STORE_CONFLICT:
        metric_add(METRIC_REPORTS_CONFLICT, 1);
        return answer_error(422, "a report with this reportId and other "
                                 "content is here already");
    case STORE_FORGOTTEN:
        return refuse(422, "its installation asked for the deletion of what "
                           "was made until then");
    default:
        metric_add(METRIC_REPORTS_FAILED, 1);
        return answer_later(503, RETRY_SECONDS,
                            "the store does not take the report now");
    }
}

/* On the store's thread: the report is durable, or it is not. */
static void stored(void *context, int result)
{
    struct waiting *waiting = context;
    struct symbols *symbols = waiting->request->collector->symbols;

    bool kept = result == STORE_NEW || result == STORE_REPLACED;

    if (symbols && kept && waiting->intake.row.stack &&
        !waiting->intake.stack.settled)
        symbols_wake(symbols);
    if (waiting->large) {
        report_free(&waiting->intake.report);
        turn_end();
    }
    waiting->result = result;
    request_resume(waiting->request);
}

static struct answer check_report(const struct request *request,
                                  const Inquest__V1__Report *report)
{
    const char *key = request_header(request, "Idempotency-Key");
    uint8_t id[STORE_ID_BYTES];

    if (api_report_id(report->report_id, id) < 0)
        return refuse(422, "reportId is not a UUID");
    if (strcmp(key, report->report_id) != 0)
        return refuse(422, "Idempotency-Key is not the reportId");
    if (report->kind == INQUEST__V1__KIND__KIND_UNSPECIFIED)
        return refuse(422, "the report has no kind");
    return (struct answer){0};
}

static struct answer refuse_unpack(int r)
{
    if (r == -ENOMEM)
        return answer_later(503, RETRY_SECONDS, "no memory for the report");
    return r == -ERR_LIMIT
               ? refuse(413, "the report is too large when unpacked")
               : refuse(400, "the body is not an inquest.v1.Report");
}

/* NULL: no memory, or enough waits. */
static struct waiting *waiting_new(struct request *request, size_t size_bytes,
                                   bool large)
{
    size_t counted = large ? 0 : size_bytes;
    struct waiting *waiting = calloc(1, sizeof *waiting);

    if (!waiting)
        return NULL;
    waiting->request = request;
    waiting->large = large;
    waiting->counted_bytes = counted;
    if (atomic_fetch_add(&waiting_bytes, counted) + counted <=
        INGEST_WAITING_BYTES_MAX)
        return waiting;
    waiting_free(waiting);
    return NULL;
}

/* large: the caller has the turn; deferred, it ends in the store. */
static struct answer accept(struct request *request, struct span packed,
                            bool large)
{
    struct waiting *waiting = waiting_new(request, packed.size_bytes, large);
    struct span body = request_body(request);

    if (!waiting)
        return answer_later(503, RETRY_SECONDS, "too much at once");
    int r = intake_open(request->collector, packed, &waiting->intake);
    struct answer answer = r < 0
                               ? refuse_unpack(r)
                               : check_report(request, waiting->intake.report);
    if (answer.status == 0 && body.data == packed.data) {
        r = gzip_make(packed, &waiting->body, &body.size_bytes);
        body.data = waiting->body;
        if (r < 0)
            answer = answer_later(503, RETRY_SECONDS, "no memory");
    }
    if (answer.status != 0) {
        waiting_free(waiting);
        return answer;
    }
    (void)snprintf(waiting->id, sizeof waiting->id, "%s",
                   waiting->intake.report->report_id);
    waiting->intake.row.project = request->project;
    waiting->intake.row.body = body;
    intake_sign(&waiting->intake, request->collector->symbols != NULL);
    request->work = (struct request_work){waiting, answer_of, waiting_free};
    request_defer(request);
    store_put(request->collector->store, &waiting->intake.row, stored, waiting);
    return ANSWER_DEFERRED;
}

static struct answer accept_gzip(struct request *request, size_t limit)
{
    bool large = limit == FRAME_REPORT_BYTES_MAX;
    uint8_t *data = NULL;
    size_t size = 0;

    int r = frame_gunzip(request_body(request), limit, &data, &size);
    if (r == -ERR_LIMIT && !large) {
        turn_begin();
        struct answer answer = accept_gzip(request, FRAME_REPORT_BYTES_MAX);
        if (answer.status != 0)
            turn_end();
        return answer;
    }
    if (r == -ERR_LIMIT)
        return refuse(413, "the report is too large when decompressed");
    if (r < 0)
        return refuse(400, "the body is not gzip");
    struct answer answer = accept(request, (struct span){data, size}, large);
    free(data);
    return answer;
}

/* The body in place of the sealed one; a status of 0: go on. */
static struct answer open_sealed(struct request *request)
{
    const struct seal_keys *keys = &request->collector->config->seal;
    uint8_t *plain = NULL;

    if (keys->count == 0) { /* the sender keeps it */
        return answer_later(503, SEAL_RETRY_SECONDS,
                            "no seal_key_file is configured here");
    }
    int r = seal_keys_open(keys, request_body(request), &plain);
    if (r == -ENOMEM)
        return answer_later(503, RETRY_SECONDS, "no memory for the report");
    if (r < 0)
        return refuse(422, "no key of this collector opens the report");
    request->body_bytes -= SEAL_MORE_BYTES;
    memcpy(request->body, plain, request->body_bytes);
    free(plain);
    return (struct answer){0};
}

/* Whether a media type is that one, whatever parameters follow. */
static bool is_type(const char *given, const char *type)
{
    size_t size = strlen(type);

    return given && strncasecmp(given, type, size) == 0 &&
           (given[size] == '\0' || given[size] == ';' || given[size] == ' ');
}

struct answer api_ingest(struct request *request)
{
    const char *encoding = request_header(request, "Content-Encoding");
    const char *type = request_header(request, "Content-Type");
    bool sealed = is_type(type, SEAL_MEDIA_TYPE);

    if (!sealed && !is_type(type, "application/x-protobuf")) {
        return refuse(415, "Content-Type must be application/x-protobuf or "
                           "application/x-inquest-sealed");
    }
    if (!request_header(request, "Idempotency-Key"))
        return refuse(400, "Idempotency-Key is missing");
    if (sealed) {
        struct answer answer = open_sealed(request);
        return answer.status != 0
                   ? answer
                   : accept_gzip(request, INGEST_QUICK_BYTES_MAX);
    }
    if (!encoding)
        return accept(request, request_body(request), false);
    if (strcasecmp(encoding, "gzip") != 0)
        return refuse(415, "Content-Encoding must be gzip or absent");
    return accept_gzip(request, INGEST_QUICK_BYTES_MAX);
}

/* --- a database of version 1 --------------------------------------------- */

struct old {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    int result;
};

static void old_stored(void *context, int result)
{
    struct old *old = context;

    (void)pthread_mutex_lock(&old->lock);
    old->done = true;
    old->result = result;
    (void)pthread_cond_signal(&old->changed);
    (void)pthread_mutex_unlock(&old->lock);
}

static int put_and_wait(struct store *store, const struct store_report *row)
{
    struct old old = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .changed = PTHREAD_COND_INITIALIZER,
    };

    store_put(store, row, old_stored, &old);
    (void)pthread_mutex_lock(&old.lock);
    while (!old.done)
        (void)pthread_cond_wait(&old.changed, &old.lock);
    (void)pthread_mutex_unlock(&old.lock);
    return old.result;
}

/* 1: cannot be read. */
static int take_old(struct collector *collector, struct span packed)
{
    struct intake intake = {0};
    uint8_t *body = NULL;
    size_t size = 0;

    int r = intake_open(collector, packed, &intake);
    if (r == 0 && api_report_id(intake.report->report_id, intake.row.id) < 0)
        r = -ERR_SCHEMA;
    if (r == 0)
        r = gzip_make(packed, &body, &size);
    if (r == 0) {
        intake.row.project = collector->config->projects[0].id;
        intake.row.body = (struct span){body, size};
        intake_sign(&intake, collector->symbols != NULL);
        r = put_and_wait(collector->store, &intake.row);
    }
    intake_close(&intake);
    free(body);
    return r == -ERR_SCHEMA || r == -ERR_LIMIT ? 1 : r < 0 ? r : 0;
}

int ingest_old(struct collector *collector, size_t *ret_count,
               size_t *ret_unreadable)
{
    uint8_t *packed = NULL;
    size_t size = 0;
    int64_t row = 0;
    int r;

    while ((r = store_next_old(collector->store, &packed, &size, &row)) == 0) {
        r = take_old(collector, (struct span){packed, size});
        free(packed);
        if (r < 0)
            return r;
        *ret_unreadable += (size_t)r;
        *ret_count += 1;
        r = store_drop_old(collector->store, row);
        if (r < 0)
            return r;
    }
    return r == -ERR_NOT_FOUND ? 0 : r;
}
