/*
 * One chart on a page: legend, drawing with its axes, and the same as a table
 * behind it. Context: tool.
 */
#ifndef INQUEST_REPORTER_HTML_CHART_H
#define INQUEST_REPORTER_HTML_CHART_H

#include <stdio.h>

#include "reporter/chart/chart_set.h"

void html_chart_write(const struct chart *chart,
                      const struct history_span *span, FILE *out);

/* Resident memory by kind as a stacked bar, where it is known. */
void html_kinds_write(const struct history *history, FILE *out);

#endif
