/*
 * Where a moment and a value lie in a drawing: x from 0 to width, y from 0 at
 * the top to height at the bottom. Context: tool.
 */
#ifndef INQUEST_REPORTER_PLOT_H
#define INQUEST_REPORTER_PLOT_H

#include <stdint.h>

struct plot {
    int64_t begin_ms, end_ms;
    double top; /* the value at the upper edge, more than 0 */
    double width, height;
};

/* A moment outside lies at the nearer edge. */
static inline double plot_x(const struct plot *plot, int64_t time_ms)
{
    double span = (double)(plot->end_ms - plot->begin_ms);
    double part = (double)(time_ms - plot->begin_ms) / (span > 0 ? span : 1);

    return (part < 0 ? 0 : part > 1 ? 1 : part) * plot->width;
}

static inline double plot_y(const struct plot *plot, double value)
{
    double part = value / plot->top;

    return (1 - (part < 0 ? 0 : part > 1 ? 1 : part)) * plot->height;
}

#endif
