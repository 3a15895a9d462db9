/*
 * The janitor: a thread that completes deletion requests, forgets what is old,
 * and looks for spikes, in small steps between which reports are taken. What
 * it is to do lies in the store: killed half way, it goes on at the next
 * start. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_JANITOR_H
#define INQUEST_COLLECTOR_JANITOR_H

#include "collector/collector.h"
#include "proto/base/compiler.h"

#define JANITOR_ROUND_S 30

struct janitor;

MUST_CHECK int janitor_start(struct collector *collector,
                             struct janitor **ret_janitor);
void janitor_stop(struct janitor **janitor);

/* There is something to do. */
void janitor_wake(struct janitor *janitor);

#endif
