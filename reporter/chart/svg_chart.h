/*
 * One chart as inline SVG: grid, areas, lines, marks, and strips that name
 * their figures when pointed at. No script; the page's style gives colours.
 * Text lies beside it in HTML, so that it keeps its size when the drawing is
 * stretched. Context: tool.
 */
#ifndef INQUEST_REPORTER_SVG_CHART_H
#define INQUEST_REPORTER_SVG_CHART_H

#include <stdio.h>

#include "reporter/chart/axis.h"
#include "reporter/chart/chart_set.h"

#define SVG_STRIPS_MAX 90

struct svg_chart {
    const struct chart *chart;
    struct history_span span;
    struct axis axis;
    struct axis_times times;
};

/* What a chart of this span is drawn with. */
struct svg_chart svg_chart_make(const struct chart *chart,
                                const struct history_span *span);

/* The whole svg element. */
void svg_chart_write(const struct svg_chart *drawing, FILE *out);

/* 0 to 100: where a value or a moment lies, from the bottom or the left. */
double svg_chart_up(const struct svg_chart *drawing, double value);
double svg_chart_along(const struct svg_chart *drawing, int64_t time_ms);

/* "death", "alarm": the class of a mark in the page's style. */
const char *svg_mark_class(enum history_mark_kind kind);

#endif
