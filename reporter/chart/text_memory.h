/*
 * A memory history for a person at a terminal: what happened, the chart of
 * memory, all else in a line each, memory by kind, events. Context: tool.
 */
#ifndef INQUEST_REPORTER_TEXT_MEMORY_H
#define INQUEST_REPORTER_TEXT_MEMORY_H

#include <jansson.h>
#include <stdio.h>

#include "reporter/chart/text_chart.h"

/* report: where title and pid are from; the span is of its history. */
void text_memory_write(const json_t *report, const struct history_span *span,
                       const struct text_style *style, FILE *out);

#endif
