/*
 * What the box of a living process tells, in the shape of a report: who it
 * is, its memory history, its alarms. It is stopped by nothing and nothing is
 * kept. Context: tool.
 */
#ifndef INQUEST_REPORTER_LIVE_REPORT_H
#define INQUEST_REPORTER_LIVE_REPORT_H

#include <jansson.h>

#include "proto/base/compiler.h"
#include "proto/box.h"

/* The report's JSON, without kind and id; a new reference. -ENOMEM. */
MUST_CHECK int live_report(const struct box *box, json_t **ret_report);

#endif
