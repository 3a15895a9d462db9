/* A report's end on this machine, wherever it lies. Context: tool. */
#ifndef INQUEST_REPORTER_DISCARD_H
#define INQUEST_REPORTER_DISCARD_H

#include "proto/base/compiler.h"
#include "reporter/home.h"
#include "reporter/queue/reports.h"

/*
 * Erases the report, the reason of its refusal and what was said of it alone.
 * Fails with -EBUSY or -ENOENT while it is being sent, with -ERR_HELD while
 * another rewrites it in sent/ or bad/. Says nothing in the
 * audit log: the caller knows why.
 */
MUST_CHECK int discard_report(struct home *home,
                              const struct stored_report *item);

#endif
