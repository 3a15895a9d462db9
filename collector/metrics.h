/*
 * Counters of this process, and all figures as Prometheus text. Any thread.
 * Context: tool.
 */
#ifndef INQUEST_COLLECTOR_METRICS_H
#define INQUEST_COLLECTOR_METRICS_H

#include <stdint.h>

#include "collector/http/answer.h"
#include "collector/store.h"

enum metric {
    METRIC_REPORTS_ACCEPTED,
    METRIC_REPORTS_DUPLICATE,
    METRIC_REPORTS_CONFLICT,
    METRIC_REPORTS_REFUSED,
    METRIC_REPORTS_FAILED,
    METRIC_REPORT_BYTES,
    METRIC_REQUESTS_2XX,
    METRIC_REQUESTS_4XX,
    METRIC_REQUESTS_5XX,
    METRIC_CONNECTIONS_CUT,
    METRIC_ACCEPTS_FAILED,
    METRIC_LOG_INS_REFUSED,
    METRIC_REPORTS_TRIMMED,
    METRIC_REPORTS_EXPIRED,
    METRIC_EVENTS_TOLD,
    METRIC_EVENTS_FAILED,
    METRIC_STACKS_NAMED,
    METRIC_SYMBOL_FILES,
    METRIC_COUNT
};

void metric_add(enum metric metric, uint64_t count);

/* Requests under way: 1 one more, -1 one less. */
void metric_active(int change);
unsigned metric_active_now(void);

/* An answer went out. */
void metric_request(unsigned status);

struct answer metrics_text(const struct store_stats *stats);

#endif
