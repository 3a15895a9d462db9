/* The round: claim, build, post, settle. Context: tool. */
#include "reporter/upload/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/seal.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/consent_watch.h"
#include "reporter/consent/deletion.h"
#include "reporter/log.h"
#include "reporter/queue/claim.h"
#include "reporter/state_file.h"
#include "reporter/upload/backoff.h"
#include "reporter/upload/outgoing.h"
#include "reporter/upload/progress.h"
#include "reporter/upload/seal_queue.h"
#include "reporter/upload/upload_sent.h"
#include "reporter/upload/upload_server.h"
#include "reporter/upload/upload_verdict.h"

#define PARALLEL_DEFAULT 8

/* One report on its way. */
struct sending {
    bool used;
    struct claim claim;
    struct outgoing outgoing;
    char id[REPORT_ID_BYTES];
};

struct round {
    struct home *home;
    const struct upload_options *options;
    struct upload_result *result;
    struct transport *transport;
    struct sending sending[TRANSPORT_PARALLEL_MAX];
    struct upload_sent accepted;
    struct progress progress;
    unsigned in_flight;
    unsigned parallel;
    struct consent_watch watch;
    bool halt; /* start no more */
    bool cut;  /* consent changed */
    struct backoff backoff;
};

static void say(struct round *round, const char *what, const char *detail)
{
    snprintf(round->result->why, sizeof round->result->why, "%.120s%s%.190s",
             what, *detail ? ": " : "", detail);
}

static void note(struct round *round, const char *event, const char *id,
                 size_t bytes)
{
    char detail[96];

    snprintf(detail, sizeof detail, "%s bytes=%zu", id, bytes);
    int r = audit_append(round->home->state_fd, event, detail);
    if (r < 0)
        log_warn("cannot write the audit log: %s", err_text(r));
}

/* Ends the claim and frees the slot. */
static void settle(struct round *round, struct sending *sending,
                   enum queue_place place, const char *reason)
{
    struct queue *queue = &round->home->queue;
    int r = place == QUEUE_BAD ? claim_reject(queue, &sending->claim, reason)
                               : claim_end(queue, &sending->claim, place);

    if (r < 0) {
        log_warn("report %s stays claimed until the next upload: %s",
                 sending->id, err_text(r));
    }
    outgoing_close(&sending->outgoing);
    sending->used = false;
}

static void settle_rejected(struct round *round, struct sending *sending,
                            const char *reason)
{
    note(round, "rejected", sending->id, sending->outgoing.gzip_bytes);
    round->result->rejected++;
    settle(round, sending, QUEUE_BAD, reason);
}

/* Reads, filters and packs the claimed report. */
static int build(struct round *round, struct sending *sending)
{
    uint8_t *data = NULL;
    size_t size = 0;

    int r = report_read_file(round->home->queue.dir_fd[QUEUE_BUSY],
                             sending->claim.name, &data, &size);
    if (r < 0)
        return r;
    struct span file = {data, size};
    r = outgoing_build(round->home, file, &sending->outgoing);
    if (r == -ERR_SEALED) {
        r = outgoing_sealed(round->home, sending->id, file, &sending->outgoing);
    } else if (r == 0 && home_seals(round->home)) {
        r = seal_outgoing(round->home, &sending->outgoing);
    }
    free(data);
    return r;
}

static bool is_torn(int r)
{
    return r == -ERR_TORN || r == -ERR_MAGIC || r == -ERR_VERSION ||
           r == -ERR_SCHEMA || r == -ERR_FORMAT || r == -ERR_LIMIT;
}

static void start_failed(struct round *round, struct sending *sending, int r)
{
    if (is_torn(r)) {
        settle_rejected(round, sending, err_text(r));
        return;
    }
    if (r == -ERR_DENIED) {
        round->result->denied++;
    } else {
        round->result->kept++;
        say(round, sending->id, err_text(r));
    }
    settle(round, sending, QUEUE_NEW, NULL);
}

static void not_claimed(struct round *round, struct sending *sending, int r)
{
    sending->used = false;
    if (r == -ENOENT || r == -EBUSY) {
        round->result->elsewhere++;
    } else {
        round->result->kept++;
        say(round, sending->id, err_text(r));
    }
}

static void start_one(struct round *round, const char *id)
{
    struct sending *sending = round->sending;

    while (sending->used)
        sending++;
    *sending = (struct sending){.used = true, .claim = CLAIM_NONE};
    memcpy(sending->id, id, REPORT_ID_BYTES);
    int r = claim_take(&round->home->queue, id, &sending->claim);
    if (r < 0) {
        not_claimed(round, sending, r);
        return;
    }
    r = build(round, sending);
    if (r < 0) {
        start_failed(round, sending, r);
        return;
    }
    struct transport_post post = {
        .path = "/v1/reports",
        .content_type = sending->outgoing.sealed ? SEAL_MEDIA_TYPE
                                                 : "application/x-protobuf",
        .encoding = sending->outgoing.sealed ? NULL : "gzip",
        .idempotency_key = sending->id,
        .body = {sending->outgoing.gzip, sending->outgoing.gzip_bytes},
        .owner = sending,
    };
    r = transport_post(round->transport, &post);
    if (r < 0) {
        start_failed(round, sending, r);
    } else {
        round->in_flight++;
    }
}

static void plan_retry(struct round *round,
                       const struct transport_answer *answer)
{
    struct backoff *backoff = &round->backoff;
    int64_t now_s = clock_unix_ms() / 1000;
    uint64_t seed = 0;

    round->halt = true;
    if (round->result->retry_s == 0)
        backoff->attempt++; /* one failure a round */
    if (getrandom(&seed, sizeof seed, 0) < 0)
        seed = (uint64_t)now_s;
    backoff->next_s = backoff_next(backoff->attempt, now_s, seed);
    backoff->by_server =
        answer->retry_after[0] != '\0' &&
        backoff_retry_after(answer->retry_after, now_s, &backoff->next_s) == 0;
    round->result->retry_s = backoff->next_s;
    round->result->asked = backoff->by_server;
    int r = backoff_write(round->home->state_fd, backoff);
    if (r < 0)
        log_warn("cannot remember when to try again: %s", err_text(r));
}

static void say_status(struct round *round,
                       const struct transport_answer *answer)
{
    char what[64];

    if (answer->status == 0) {
        snprintf(what, sizeof what, "no answer from the collector");
    } else {
        snprintf(what, sizeof what, "the collector answered %ld",
                 answer->status);
    }
    say(round, what, answer->detail);
}

static void accepted(struct round *round, struct sending *sending)
{
    upload_sent_add(&round->accepted, &sending->claim, sending->id,
                    sending->outgoing.gzip_bytes);
    round->result->sent++;
    outgoing_close(&sending->outgoing);
    sending->used = false;
    if (round->backoff.attempt == 0)
        return;
    round->backoff = (struct backoff){0};
    DROP(backoff_write(round->home->state_fd, &round->backoff)); /* a hint */
}

static void take_answer(struct round *round,
                        const struct transport_answer *answer)
{
    struct sending *sending = answer->owner;

    round->in_flight--;
    progress_step(&round->progress);
    switch (upload_verdict(answer->status)) {
    case UPLOAD_ACCEPTED:
        accepted(round, sending);
        return;
    case UPLOAD_REJECTED:
        say_status(round, answer);
        settle_rejected(round, sending, round->result->why);
        return;
    case UPLOAD_RETRY:
        plan_retry(round, answer);
        break;
    case UPLOAD_STOP:
        round->result->stopped = true;
        round->halt = true;
        break;
    }
    say_status(round, answer);
    round->result->kept++;
    settle(round, sending, QUEUE_NEW, NULL);
}

/* Consent changed under way: nothing more leaves, what is in flight is cut. */
static void cut(struct round *round)
{
    if (!consent_watch_changed(&round->watch, round->home))
        return;
    round->cut = true;
    round->halt = true;
    transport_close(&round->transport);
    for (size_t i = 0; i < TRANSPORT_PARALLEL_MAX; i++) {
        if (!round->sending[i].used)
            continue;
        round->result->kept++;
        settle(round, &round->sending[i], QUEUE_NEW, NULL);
    }
    round->in_flight = 0;
}

static bool selected(const struct round *round, const char *id)
{
    const struct upload_options *options = round->options;

    for (size_t i = 0; i < options->only_count; i++) {
        if (strcmp(id, options->only[i].id) == 0)
            return true;
    }
    return !options->only;
}

static bool waits(const struct round *round, const struct stored_report *item)
{
    return item->place == QUEUE_NEW && selected(round, item->id);
}

static void start_progress(struct round *round, const struct reports *reports)
{
    size_t total = 0;

    for (size_t i = 0; i < reports->count; i++)
        total += waits(round, &reports->items[i]);
    progress_start(&round->progress, "reports", total,
                   round->options->progress);
}

static bool is_ready(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) > 0; /* a negative one never is (poll(2)) */
}

/* Waits for one answer, or for a change of consent. */
static int step(struct round *round)
{
    struct transport_answer answer;

    if (is_ready(round->watch.fd)) /* before anything more leaves */
        cut(round);
    if (round->in_flight == 0)
        return 0;
    int r = transport_wait(round->transport, round->watch.fd, &answer);

    if (r == 1) {
        take_answer(round, &answer);
    } else if (r == 0) {
        cut(round);
    }
    return r < 0 ? r : 0;
}

static int send_all(struct round *round, const struct reports *reports)
{
    int r = 0;

    start_progress(round, reports);
    for (size_t i = 0; i < reports->count && r == 0; i++) {
        const struct stored_report *item = &reports->items[i];
        if (!waits(round, item))
            continue;
        if (!round->halt)
            cut(round);
        if (round->halt) {
            round->result->kept++;
            continue;
        }
        start_one(round, item->id);
        while (r == 0 && round->in_flight >= round->parallel)
            r = step(round);
    }
    while (r == 0 && round->in_flight > 0)
        r = step(round);
    progress_end(&round->progress);
    return r;
}

/* Whether to wait, because somebody said so. */
static bool must_wait(struct round *round)
{
    const struct upload_options *options = round->options;
    const struct backoff *backoff = &round->backoff;
    bool ignored = backoff->by_server ? options->ignore_server
                                      : options->ignore_own_backoff;

    if (ignored || !backoff_waits(backoff, clock_unix_ms() / 1000))
        return false;
    round->result->retry_s = backoff->next_s;
    round->result->asked = backoff->by_server;
    say(round,
        backoff->by_server ? "the collector asked to wait"
                           : "waiting after a failure",
        "");
    return true;
}

static void set_parallel(struct round *round)
{
    long parallel =
        config_number(&round->home->config, "parallel", PARALLEL_DEFAULT);

    if (parallel < 1)
        parallel = 1;
    if (parallel > TRANSPORT_PARALLEL_MAX)
        parallel = TRANSPORT_PARALLEL_MAX;
    round->parallel = (unsigned)parallel;
}

static int run_round(struct round *round)
{
    OWNED_REPORTS reports = {0};
    struct upload_result *result = round->result;

    if (!home_seal_key_usable(round->home)) {
        say(round, "seal_key in the configuration is not 64 hexadecimal digits",
            "");
        result->stopped = true;
        return 0;
    }
    int r = upload_server_open(round->home, result->why, sizeof result->why,
                               &round->transport);
    if (r < 0) {
        result->no_endpoint = r == -ERR_NOT_FOUND;
        result->stopped = !result->no_endpoint;
        return 0;
    }
    backoff_read(round->home->state_fd, &round->backoff);
    r = claim_revive(&round->home->queue);
    if (r >= 0)
        r = reports_list(&round->home->queue, &reports);
    if (r >= 0 && must_wait(round)) {
        for (size_t i = 0; i < reports.count; i++)
            result->kept += reports.items[i].place == QUEUE_NEW;
        r = 0;
    } else if (r >= 0) {
        struct deletion_count left;
        if (deletion_send(round->home, round->transport, &left) < 0)
            say(round, "the deletion request is not acknowledged yet", "");
        if (left.unlogged < 0)
            log_warn("cannot write the audit log: %s", err_text(left.unlogged));
        r = send_all(round, &reports);
        upload_sent_settle(&round->accepted);
    }
    transport_close(&round->transport);
    return r;
}

int upload_run(struct home *home, const struct upload_options *options,
               struct upload_result *ret_result)
{
    struct round round = {
        .home = home,
        .options = options,
        .result = ret_result,
        .accepted = {.home = home},
    };

    *ret_result = (struct upload_result){0};
    if (!config_get(&home->config, "endpoint")) {
        ret_result->no_endpoint = true;
        return 0;
    }
    consent_watch_open(home, &round.watch);
    set_parallel(&round);
    int r = run_round(&round);
    if (r == 0 && round.cut) {
        /* Once more, with what is allowed now. */
        round.cut = false;
        round.halt = false;
        ret_result->kept = 0;
        ret_result->denied = 0;
        r = run_round(&round);
    }
    consent_watch_close(&round.watch);
    return r;
}
