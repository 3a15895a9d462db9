/*
 * Dies as without us: same signal, same wait status, same core dump.
 * Context: crash.
 */
#ifndef INQUEST_HANDLER_CRASH_DIE_H
#define INQUEST_HANDLER_CRASH_DIE_H

#include "handler/crash/crash_record.h"

/*
 * Sets the default disposition and arranges that the signal strikes again
 * when the handler returns: a fault faults again, everything else is queued
 * again with the same siginfo. The caller returns from the handler at once.
 */
void crash_die(const struct crash_event *event);

#endif
