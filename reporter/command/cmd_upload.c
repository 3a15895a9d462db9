/* inquest upload: sends the waiting reports. Context: tool. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/sys.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/queue/claim.h"
#include "reporter/queue/sweep.h"
#include "reporter/show/json_text.h"
#include "reporter/state_file.h"
#include "reporter/upload/backoff.h"
#include "reporter/upload/upload.h"

#define WAIT_SECONDS_MAX 86400
#define ROUNDS_MAX       10000
#define QUIET_ROUNDS     2

static void print_json(const struct upload_result *result)
{
    json_t *json =
        json_pack("{s:i,s:i,s:i,s:i,s:b,s:s}", "sent", (int)result->sent,
                  "rejected", (int)result->rejected, "denied",
                  (int)result->denied, "kept", (int)result->kept, "endpoint",
                  !result->no_endpoint, "reason", result->why);

    json_text_print(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

/* "3 sent, 1 refused": what there is, each with what to type next. */
static void tell_counts(const struct upload_result *result)
{
    const struct {
        unsigned count;
        const char *what;
    } parts[] = {
        {result->sent, "sent"},
        {result->rejected, "refused (inquest list shows them)"},
        {result->denied, "kept here by consent (inquest status says whose)"},
        {result->kept, "waiting to be tried again"}};
    char line[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (parts[i].count > 0) {
            used += (size_t)snprintf(line + used, sizeof line - used, "%s%u %s",
                                     used > 0 ? ", " : "", parts[i].count,
                                     parts[i].what);
        }
    }
    if (used > 0) {
        log_info("%s", line);
    } else if (!result->stopped) {
        log_info("nothing waits to be sent");
    }
}

static void tell_retry(const struct upload_result *result)
{
    char text[32];
    time_t seconds = (time_t)result->retry_s;
    struct tm parts;

    if (result->retry_s * 1000 <= clock_unix_ms())
        return;
    localtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    log_info("the next try is after %s; inquest upload --now does not wait",
             text);
}

static void tell(const struct upload_result *result)
{
    if (result->no_endpoint) {
        log_info("no endpoint is configured, so nothing was sent; set "
                 "endpoint in the configuration or INQUEST_ENDPOINT");
        return;
    }
    tell_counts(result);
    if (result->why[0] != '\0' && result->stopped) {
        log_error("%s; nothing more was tried", result->why);
    } else if (result->why[0] != '\0') {
        log_warn("%s", result->why);
    }
    tell_retry(result);
}

static int status_of(const struct upload_result *result)
{
    if (result->no_endpoint)
        return EX_OK;
    if (result->stopped)
        return EX_CONFIG;
    if (result->kept > 0)
        return EX_TEMPFAIL;
    return result->rejected > 0 ? EX_DATAERR : EX_OK;
}

static void add(struct upload_result *total, const struct upload_result *one)
{
    unsigned sent = total->sent + one->sent;
    unsigned rejected = total->rejected + one->rejected;

    *total = *one;
    total->sent = sent;
    total->rejected = rejected;
}

/* By a clock that nobody sets: all waiting here is by it. */
static int64_t steady_ms(void)
{
    return sys_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

static void sleep_until(int64_t time_s)
{
    struct timespec until = {.tv_sec = (time_t)time_s};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
           EINTR) {
    }
}

/*
 * When to try again: when the collector asked for it, else soon, and once more
 * at the deadline. 0: not any more.
 */
static int64_t next_try(const struct upload_result *result, unsigned failures,
                        int64_t deadline_s)
{
    int64_t now_s = steady_ms() / 1000;
    uint64_t seed = 0;

    if (result->asked) {
        int64_t wait_s = result->retry_s - clock_unix_ms() / 1000;
        int64_t next_s = now_s + (wait_s > 0 ? wait_s : 0);
        return next_s < deadline_s ? next_s : 0;
    }
    if (now_s >= deadline_s)
        return 0;
    if (getrandom(&seed, sizeof seed, 0) < 0)
        seed = (uint64_t)now_s;
    int64_t next_s = backoff_next_watched(failures, now_s, seed);
    return next_s < deadline_s ? next_s : deadline_s;
}

/* How long other uploaders are waited for. */
static unsigned others_ms(int64_t deadline_s)
{
    int64_t left_ms = deadline_s * 1000 - steady_ms();

    if (deadline_s == 0 || left_ms > CLAIM_SEND_MS)
        return CLAIM_SEND_MS;
    return left_ms > CLAIM_LET_GO_MS ? (unsigned)left_ms : CLAIM_LET_GO_MS;
}

/* Counts the rounds in which there were none. */
static int wait_for_others(struct home *home,
                           const struct upload_result *result,
                           int64_t deadline_s, unsigned *quiet)
{
    unsigned waited = 0;

    int r = claim_wait(&home->queue, others_ms(deadline_s), &waited);
    *quiet = waited == 0 && result->elsewhere == 0 ? *quiet + 1 : 0;
    return r;
}

/*
 * Until all are delivered, nothing more helps, or the time is over. A report
 * that another uploader holds may come back to new/, and a listing may miss it
 * on its way: hence two rounds without any.
 */
static int run_waiting(struct home *home, const struct upload_options *options,
                       int64_t deadline_s, struct upload_result *total)
{
    struct upload_options mine = *options;
    unsigned quiet = 0;
    unsigned failures = 0;

    for (int i = 0; i < ROUNDS_MAX && quiet < QUIET_ROUNDS; i++) {
        struct upload_result result;
        int r = upload_run(home, &mine, &result);
        add(total, &result);
        if (r < 0 || result.stopped || result.no_endpoint)
            return r;
        r = wait_for_others(home, &result, deadline_s, &quiet);
        if (r < 0)
            return r;
        if (result.kept == 0)
            continue;
        int64_t next_s = next_try(&result, ++failures, deadline_s);
        if (next_s == 0)
            return 0;
        sleep_until(next_s);
        r = home_reread(home); /* it may have been a day */
        if (r < 0)
            return r;
        mine.ignore_own_backoff = true; /* it is for who does not watch */
        quiet = 0;
    }
    return 0;
}

/* In seconds of steady_ms. 0: no time was given, so one try is enough. -1: not
 * a number. */
static int64_t deadline(const struct invocation *invocation)
{
    const char *text = option_value(invocation, "wait");
    char *end = NULL;

    if (!text || *text == '\0')
        return 0;
    long seconds = strtol(text, &end, 10);
    if (*end != '\0' || seconds < 0 || seconds > WAIT_SECONDS_MAX)
        return -1;
    return steady_ms() / 1000 + seconds;
}

/*
 * Finds the reports that are named; one that was refused may try again. 0, or
 * the exit status.
 */
static int select_named(struct home *home, const struct invocation *invocation,
                        struct stored_report *reports)
{
    for (int i = 0; i < invocation->operand_count; i++) {
        struct stored_report *report = &reports[i];
        int status = command_report(home, operand(invocation, i), report);
        if (status != 0)
            return status;
        int r = report->place == QUEUE_BAD
                    ? claim_requeue(&home->queue, report->id)
                    : 0;
        if (r < 0) {
            log_error("cannot take report %s out of bad/: %s", report->id,
                      err_text(r));
            return exit_status(r);
        }
        if (report->place == QUEUE_SENT)
            log_info("report %s was sent already", report->id);
    }
    return 0;
}

/* Sends, once or until the deadline, and says what came of it. */
static int send_and_tell(struct home *home, const struct invocation *invocation,
                         const struct upload_options *options,
                         int64_t deadline_s)
{
    struct upload_result result = {0};

    int r = option_given(invocation, "wait")
                ? run_waiting(home, options, deadline_s, &result)
                : upload_run(home, options, &result);
    if (r == -ERR_HELD) {
        log_error("another process holds a report in %s and does not send it; "
                  "fuser -v on the files of queue/ names it",
                  home->state_path);
        return EX_TEMPFAIL;
    }
    if (r < 0) {
        log_error("cannot send from %s: %s", home->state_path, err_text(r));
        return exit_status(r);
    }
    if (option_given(invocation, "json")) {
        print_json(&result);
    } else {
        tell(&result);
    }
    return status_of(&result);
}

int cmd_upload(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    bool quiet = option_given(invocation, "quiet");
    size_t named = (size_t)invocation->operand_count;
    struct stored_report *only = calloc(named + 1, sizeof *only);
    struct upload_options options = {
        .ignore_own_backoff = !quiet,
        .ignore_server = option_given(invocation, "now"),
        .progress = !quiet && isatty(STDERR_FILENO),
        .only = named > 0 ? only : NULL,
        .only_count = named,
    };

    int64_t deadline_s = deadline(invocation);
    if (deadline_s < 0)
        log_error("--wait wants whole seconds, at most %d", WAIT_SECONDS_MAX);
    if (!only)
        log_error("out of memory");
    int status = deadline_s < 0 ? EX_USAGE : only ? EX_OK : EX_OSERR;
    if (status == 0)
        status = command_home_as_is(&home);
    if (status == 0) {
        int r = sweep(&home);
        if (r < 0)
            log_warn("cannot tidy up %s: %s", home.state_path, err_text(r));
        command_seal(&home);
        status = select_named(&home, invocation, only);
    }
    if (status == 0)
        status = send_and_tell(&home, invocation, &options, deadline_s);
    free(only);
    return status;
}
