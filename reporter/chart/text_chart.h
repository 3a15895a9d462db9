/*
 * One chart in character cells with its axes, and a value as a line of
 * blocks. Context: tool.
 */
#ifndef INQUEST_REPORTER_TEXT_CHART_H
#define INQUEST_REPORTER_TEXT_CHART_H

#include <stdbool.h>
#include <stdio.h>

#include "reporter/chart/chart_set.h"

#define TEXT_MARGIN      11 /* columns left of a drawing, for its labels */
#define TEXT_COLUMNS_MIN 20 /* of a drawing: narrower is not drawn */

/* What the terminal is like. */
struct text_style {
    unsigned width; /* columns in all */
    unsigned rows;  /* of the largest drawing */
    bool utf8, color;
};

/* Title, drawing with both axes, legend. */
void text_chart_write(const struct chart *chart,
                      const struct history_span *span,
                      const struct text_style *style, FILE *out);

/* "  Pressure ▁▁▂▅█ 12.0 % some, …": the chart in one line, same time axis. */
void text_line_write(const struct chart *chart, const struct history_span *span,
                     const struct text_style *style, FILE *out);

/* Columns of the drawing itself. */
unsigned text_chart_columns(const struct text_style *style);

/* Begins and ends a colour; nothing where there is none. */
void text_color(const struct text_style *style, int color, FILE *out);
void text_plain(const struct text_style *style, FILE *out);

#endif
