/* Figures. Context: tool. */
#include "collector/metrics.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/io.h"

static atomic_ullong counters[METRIC_COUNT];
static atomic_uint active;

/* "name" and, for one of several, its label. */
static const struct {
    const char *name, *label, *help;
} descriptions[METRIC_COUNT] = {
    [METRIC_REPORTS_ACCEPTED] = {"inquest_reports_total",
                                 "{result=\"accepted\"}",
                                 "Reports received, by what became of them."},
    [METRIC_REPORTS_DUPLICATE] = {"inquest_reports_total",
                                  "{result=\"duplicate\"}", NULL},
    [METRIC_REPORTS_CONFLICT] = {"inquest_reports_total",
                                 "{result=\"conflict\"}", NULL},
    [METRIC_REPORTS_REFUSED] = {"inquest_reports_total", "{result=\"refused\"}",
                                NULL},
    [METRIC_REPORTS_FAILED] = {"inquest_reports_total", "{result=\"failed\"}",
                               NULL},
    [METRIC_REPORT_BYTES] = {"inquest_report_bytes_total", "",
                             "Bytes of accepted reports, as sent."},
    [METRIC_REQUESTS_2XX] = {"inquest_requests_total", "{class=\"2xx\"}",
                             "Requests answered, by class of status."},
    [METRIC_REQUESTS_4XX] = {"inquest_requests_total", "{class=\"4xx\"}", NULL},
    [METRIC_REQUESTS_5XX] = {"inquest_requests_total", "{class=\"5xx\"}", NULL},
    [METRIC_CONNECTIONS_CUT] = {"inquest_connections_cut_total", "",
                                "Connections cut for being slow."},
    [METRIC_ACCEPTS_FAILED] = {"inquest_accepts_failed_total", "",
                               "Times that nobody could be accepted."},
    [METRIC_LOG_INS_REFUSED] = {"inquest_log_ins_refused_total", "",
                                "Attempts to log in that failed."},
    [METRIC_REPORTS_TRIMMED] = {"inquest_reports_trimmed_total", "",
                                "Reports that lost fields to retention."},
    [METRIC_REPORTS_EXPIRED] = {"inquest_reports_expired_total", "",
                                "Reports deleted by retention."},
    [METRIC_EVENTS_TOLD] = {"inquest_webhooks_total", "{result=\"told\"}",
                            "Webhooks called."},
    [METRIC_EVENTS_FAILED] = {"inquest_webhooks_total", "{result=\"failed\"}",
                              NULL},
    [METRIC_STACKS_NAMED] = {"inquest_stacks_named_total", "",
                             "Stacks that were given names."},
    [METRIC_SYMBOL_FILES] = {"inquest_symbol_files_total", "",
                             "Debug files uploaded and verified."},
};

void metric_add(enum metric metric, uint64_t count)
{
    atomic_fetch_add_explicit(&counters[metric], count, memory_order_relaxed);
}

void metric_active(int change)
{
    atomic_fetch_add(&active, (unsigned)change);
}

unsigned metric_active_now(void)
{
    return atomic_load(&active);
}

void metric_request(unsigned status)
{
    metric_add(status < 400   ? METRIC_REQUESTS_2XX
               : status < 500 ? METRIC_REQUESTS_4XX
                              : METRIC_REQUESTS_5XX,
               1);
}

static uint64_t resident_bytes(void)
{
    char text[256];
    size_t size = 0;

    if (io_read_text(-1, "/proc/self/statm", text, sizeof text, &size) < 0)
        return 0;
    const char *resident = strchr(text, ' '); /* the second number: proc(5) */
    if (!resident)
        return 0;
    return strtoull(resident, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void counter(FILE *out, enum metric metric)
{
    const char *name = descriptions[metric].name;

    if (descriptions[metric].help) {
        fprintf(out, "# HELP %s %s\n# TYPE %s counter\n", name,
                descriptions[metric].help, name);
    }
    fprintf(out, "%s%s %llu\n", name, descriptions[metric].label,
            atomic_load_explicit(&counters[metric], memory_order_relaxed));
}

static void figure(FILE *out, const char *type, const char *name,
                   const char *help, double value)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name, help, name,
            type, name, value);
}

static void store_figures(FILE *out, const struct store_stats *stats)
{
    figure(out, "gauge", "inquest_reports_stored", "Reports in the store.",
           (double)stats->reports);
    figure(out, "gauge", "inquest_groups", "Groups.", (double)stats->groups);
    figure(out, "gauge", "inquest_machines", "Installations.",
           (double)stats->machines);
    figure(out, "gauge", "inquest_stacks_pending",
           "Stacks that wait for names.", (double)stats->pending_stacks);
    figure(out, "gauge", "inquest_webhooks_pending",
           "Webhooks that wait to be called.", (double)stats->events);
    figure(out, "gauge", "inquest_deletions_pending",
           "Deletion requests that are not completed.",
           (double)stats->deletions);
    figure(out, "gauge", "inquest_database_bytes", "Size of the database.",
           (double)stats->database_bytes);
    figure(out, "gauge", "inquest_log_bytes", "Size of the write-ahead log.",
           (double)stats->log_bytes);
    figure(out, "gauge", "inquest_writes_waiting",
           "Writes that wait for the next commit.", (double)stats->waiting);
    figure(out, "counter", "inquest_commits_total", "Commits.",
           (double)stats->commits);
    figure(out, "counter", "inquest_commit_seconds_total",
           "Time spent in commits.", (double)stats->commit_us / 1e6);
    figure(out, "counter", "inquest_writes_total", "Writes committed.",
           (double)stats->batch_jobs);
}

struct answer metrics_text(const struct store_stats *stats)
{
    struct answer answer = {.status = 200, .content_type = ANSWER_TEXT};
    FILE *out = open_memstream(&answer.body, &answer.body_bytes);

    if (!out)
        return answer_error(500, "no memory for the figures");
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        counter(out, metric);
    store_figures(out, stats);
    figure(out, "gauge", "inquest_requests_active", "Requests under way.",
           metric_active_now());
    figure(out, "gauge", "process_resident_memory_bytes", "Resident memory.",
           (double)resident_bytes());
    if (fclose(out) != 0) {
        free(answer.body);
        return answer_error(500, "no memory for the figures");
    }
    return answer;
}
