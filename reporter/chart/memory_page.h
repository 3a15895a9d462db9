/*
 * inquest memory --html: one page about a program's memory. Context: tool.
 */
#ifndef INQUEST_REPORTER_MEMORY_PAGE_H
#define INQUEST_REPORTER_MEMORY_PAGE_H

#include <jansson.h>
#include <stdio.h>

#include "reporter/chart/history.h"

/* report: a report, or live_report's. history: what is in it. */
void memory_page_write(const json_t *report, const struct history *history,
                       FILE *out);

#endif
