/*
 * The moments of a report that a chart marks: alarms, its death, a snapshot,
 * OOM kills in its cgroup. Context: tool.
 */
#ifndef INQUEST_REPORTER_HISTORY_MARKS_H
#define INQUEST_REPORTER_HISTORY_MARKS_H

#include "reporter/chart/history.h"

/* Fills history->marks, whose points are there already. */
void history_marks_read(const json_t *report, struct history *history);

#endif
