/* inquest status: what waits, and what would be sent. Context: tool. */
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/rate_limit.h"
#include "reporter/command/commands.h"
#include "reporter/consent/consent_status.h"
#include "reporter/queue/reports.h"
#include "reporter/queue/retention.h"
#include "reporter/show/json_text.h"
#include "reporter/show/terminal.h"
#include "reporter/show/view.h"
#include "reporter/state_file.h"
#include "reporter/upload/backoff.h"
#include "reporter/upload/outlook.h"

static unsigned count_reports(int dir_fd)
{
    unsigned count = 0;
    struct dirent *entry;
    DIR *list;

    if (state_file_list(dir_fd, &list) < 0)
        return 0;
    while ((entry = readdir(list)) != NULL)
        count += reports_name_valid(entry->d_name);
    (void)closedir(list); /* read only */
    return count;
}

/* Programs whose deaths were only counted; empty: none. */
static json_t *crash_loops_json(const struct home *home)
{
    struct rate_slot slots[RATE_LIMIT_PROGRAMS];
    char time[CLOCK_TEXT_BYTES];
    json_t *array = json_array();
    int count = rate_limit_read(home->state_fd, slots);

    for (int i = 0; i < count; i++) {
        if (slots[i].unreported_total == 0)
            continue;
        clock_text((int64_t)slots[i].last_ms, time);
        json_array_append_new(
            array,
            json_pack("{s:s,s:I,s:I,s:s}", "app", slots[i].name, "counted",
                      (json_int_t)slots[i].unreported_total, "sinceLastReport",
                      (json_int_t)slots[i].unreported, "last", time));
    }
    return array;
}

static json_t *discarded_json(const struct home *home)
{
    uint64_t counts[RETENTION_REASONS];
    json_t *json = json_object();

    retention_counts(home->state_fd, counts);
    for (int i = RETENTION_AGE; i < RETENTION_REASONS; i++) {
        json_object_set_new(json,
                            retention_reason_name((enum retention_reason)i),
                            json_integer((json_int_t)counts[i]));
    }
    return json;
}

static json_t *status_json(const struct home *home)
{
    const char *endpoint = config_get(&home->config, "endpoint");
    struct backoff backoff;
    char time[CLOCK_TEXT_BYTES];
    json_t *queue = json_object();

    for (int place = QUEUE_NEW; place < QUEUE_PLACES; place++) {
        json_object_set_new(
            queue, queue_place_name((enum queue_place)place),
            json_integer(count_reports(home->queue.dir_fd[place])));
    }
    struct outlook outlook;
    json_t *would =
        outlook_read(home, &outlook) < 0 ? json_null() : outlook_json(&outlook);
    json_t *json = json_pack(
        "{s:s,s:s*,s:o,s:o,s:o,s:o,s:o,s:b}", "stateDir", home->state_path,
        "endpoint", endpoint, "queue", queue, "wouldSend", would, "crashLoops",
        crash_loops_json(home), "discarded", discarded_json(home), "consent",
        consent_status_json(home), "doNotTrack", home->do_not_track);
    backoff_read(home->state_fd, &backoff);
    if (backoff.next_s * 1000 > clock_unix_ms()) {
        clock_text(backoff.next_s * 1000, time);
        json_object_set_new(json, "nextAttempt", json_string(time));
    }
    if (home->problem[0] != '\0')
        json_object_set_new(json, "problem", json_string(home->problem));
    return json;
}

static void print_discarded(const struct home *home)
{
    uint64_t counts[RETENTION_REASONS];
    uint64_t total = 0;

    retention_counts(home->state_fd, counts);
    for (int i = RETENTION_AGE; i < RETENTION_REASONS; i++)
        total += counts[i];
    if (total > 0) {
        printf("Discarded  %llu so far by the limits: %llu by age, %llu by "
               "count,\n           %llu by bytes, %llu by free space\n",
               (unsigned long long)total,
               (unsigned long long)counts[RETENTION_AGE],
               (unsigned long long)counts[RETENTION_COUNT],
               (unsigned long long)counts[RETENTION_BYTES],
               (unsigned long long)counts[RETENTION_FREE_SPACE]);
    }
}

static void print_crash_loops(const struct home *home)
{
    json_t *loops = crash_loops_json(home);
    json_t *loop;
    size_t index;

    json_array_foreach(loops, index, loop)
    {
        fputs("Crash loop ", stdout);
        view_print(stdout, json_string_value(json_object_get(loop, "app")));
        printf(": %lld deaths were only counted,\n"
               "           the last at %s\n",
               (long long)json_integer_value(json_object_get(loop, "counted")),
               json_string_value(json_object_get(loop, "last")));
    }
    json_decref(loops);
}

static void print_outlook(const struct home *home)
{
    struct outlook outlook;

    int r = outlook_read(home, &outlook);
    if (r < 0) {
        printf("Sends now  unknown: %s\n", err_text(r));
        return;
    }
    outlook_print(&outlook, stdout);
}

static void print_next_attempt(const struct home *home)
{
    struct backoff backoff;
    char text[32];
    struct tm parts;

    backoff_read(home->state_fd, &backoff);
    time_t seconds = (time_t)backoff.next_s;
    if (!backoff_waits(&backoff, clock_unix_ms() / 1000))
        return;
    localtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    printf("Next try   after %s: %s\n", text,
           backoff.by_server ? "the collector asked to wait"
                             : "the last one failed");
}

static void print_limits(const struct home *home)
{
    struct retention_limits limits;

    retention_limits_read(&home->config, &limits);
    printf("Kept       at most %zu reports, %llu MiB, %lld days\n",
           limits.count, (unsigned long long)(limits.size_bytes >> 20),
           (long long)(limits.age_ms / 86400000));
}

static void print(const struct home *home)
{
    const char *endpoint = config_get(&home->config, "endpoint");

    printf("State      %s\n", home->state_path);
    printf("Endpoint   %s\n", endpoint ? endpoint : "none: nothing is sent");
    printf("Queue      %u waiting, %u being sent, %u sent, %u refused\n",
           count_reports(home->queue.dir_fd[QUEUE_NEW]),
           count_reports(home->queue.dir_fd[QUEUE_BUSY]),
           count_reports(home->queue.dir_fd[QUEUE_SENT]),
           count_reports(home->queue.dir_fd[QUEUE_BAD]));
    print_outlook(home);
    print_next_attempt(home);
    print_limits(home);
    print_discarded(home);
    print_crash_loops(home);
    putchar('\n');
    consent_status_print(home, stdout, terminal_width(STDOUT_FILENO));
}

int cmd_status(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;

    int status = command_home(&home);
    if (status != 0)
        return status;
    if (option_given(invocation, "json")) {
        json_t *json = status_json(&home);
        json_text_print(json, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(json);
    } else {
        print(&home);
    }
    return EX_OK;
}
