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

/* A wall clock that jumps ahead by more than that in a round says nothing of
 * how old something is, for so long or until it jumps back. */
#define JANITOR_STEP_MS  (86400000ll)
#define JANITOR_DOUBT_MS (30 * 86400000ll)

struct janitor;

MUST_CHECK int janitor_start(struct collector *collector,
                             struct janitor **ret_janitor);
void janitor_stop(struct janitor **janitor);

/* There is something to do. */
void janitor_wake(struct janitor *janitor);

#endif
