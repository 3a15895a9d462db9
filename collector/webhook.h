/*
 * Webhooks: a thread that tells of new groups, regressions and spikes, one
 * POST of JSON at a time:
 *
 *     {"event": "new-group"|"regression"|"spike", "project", "time", "group"}
 *
 * Events lie in the store until they were told, so a restart loses none; they
 * are told at least once. It never holds up anybody else. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_WEBHOOK_H
#define INQUEST_COLLECTOR_WEBHOOK_H

#include "collector/collector.h"
#include "proto/base/compiler.h"

#define WEBHOOK_TIMEOUT_S 10
#define WEBHOOK_LOOK_S    1

struct webhook;

MUST_CHECK int webhook_start(struct collector *collector,
                             struct webhook **ret_webhook);

/* Waits for the call under way, WEBHOOK_TIMEOUT_S at most. */
void webhook_stop(struct webhook **webhook);

#endif
