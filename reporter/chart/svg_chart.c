/* A chart as SVG. Context: tool. */
#include "reporter/chart/svg_chart.h"

#include <math.h>

#include "reporter/chart/plot.h"

#define WIDTH     1000
#define HEIGHT    1000
#define STEPS_MAX 4
#define TICKS_MAX 6
#define MINUTE_MS 60000
#define PERCENT   100

static struct plot plot_of(const struct svg_chart *drawing)
{
    return (struct plot){
        .begin_ms = span_begin_ms(&drawing->span),
        .end_ms = span_end_ms(&drawing->span),
        .top = axis_top(&drawing->axis),
        .width = WIDTH,
        .height = HEIGHT,
    };
}

struct svg_chart svg_chart_make(const struct chart *chart,
                                const struct history_span *span)
{
    int64_t begin_ms = span_begin_ms(span);

    return (struct svg_chart){
        .chart = chart,
        .span = *span,
        .axis = axis_make(chart->unit, chart->high, STEPS_MAX),
        .times = axis_times_make(begin_ms, span_end_ms(span),
                                 axis_offset_s(begin_ms), TICKS_MAX),
    };
}

double svg_chart_up(const struct svg_chart *drawing, double value)
{
    struct plot plot = plot_of(drawing);

    return PERCENT - plot_y(&plot, value) * PERCENT / HEIGHT;
}

double svg_chart_along(const struct svg_chart *drawing, int64_t time_ms)
{
    struct plot plot = plot_of(drawing);

    return plot_x(&plot, time_ms) * PERCENT / WIDTH;
}

const char *svg_mark_class(enum history_mark_kind kind)
{
    static const char *const classes[] = {
        [HISTORY_ALARM] = "alarm",
        [HISTORY_DEATH] = "death",
        [HISTORY_LOOK] = "look",
        [HISTORY_OOM_KILL] = "oom",
    };

    return classes[kind];
}

static void write_grid(const struct svg_chart *drawing, const struct plot *plot,
                       FILE *out)
{
    fputs("<path class=grid d='", out);
    for (unsigned i = 0; i <= drawing->axis.count; i++)
        fprintf(out, "M0 %.1fH%d", plot_y(plot, drawing->axis.step * i), WIDTH);
    for (size_t i = 0; i < drawing->times.count; i++) {
        fprintf(out, "M%.1f 0V%d", plot_x(plot, drawing->times.ms[i]), HEIGHT);
    }
    fputs("'/>\n", out);
}

/* Begins a line, and where there are gaps the next part of it. */
struct pen {
    FILE *out;
    const char *open; /* what begins a part, up to its points */
    bool down;
    double first_x, last_x;
    bool area; /* down to the ground at both ends */
};

static void pen_up(struct pen *pen)
{
    if (!pen->down)
        return;
    if (pen->area)
        fprintf(pen->out, "%.1f,%d", pen->last_x, HEIGHT);
    fputs("'/>\n", pen->out);
    pen->down = false;
}

static void pen_to(struct pen *pen, const char *class, double x, double y)
{
    if (!pen->down) {
        fprintf(pen->out,
                pen->area ? "<polygon class='area %s' points='"
                          : "<polyline class='line %s' points='",
                class);
        if (pen->area)
            fprintf(pen->out, "%.1f,%d ", x, HEIGHT);
        pen->down = true;
    }
    fprintf(pen->out, "%.1f,%.1f ", x, y);
    pen->last_x = x;
}

static void write_line(const struct svg_chart *drawing, const struct plot *plot,
                       enum history_value value, struct pen *pen)
{
    const struct history_point *points = drawing->span.history->points;

    for (size_t i = drawing->span.begin; i < drawing->span.end; i++) {
        double known = points[i].values[value];
        if (isnan(known))
            continue;
        if (!span_joins(&drawing->span, value, i))
            pen_up(pen);
        pen_to(pen, chart_lines[value].class, plot_x(plot, points[i].time_ms),
               plot_y(plot, known));
    }
    pen_up(pen);
}

static void write_lines(const struct svg_chart *drawing,
                        const struct plot *plot, FILE *out)
{
    const struct chart *chart = drawing->chart;
    struct pen area = {.out = out, .area = true};
    struct pen line = {.out = out};

    if (chart->line_count > 0)
        write_line(drawing, plot, chart->lines[0], &area);
    for (size_t i = chart->line_count; i > 0; i--) /* the first on top */
        write_line(drawing, plot, chart->lines[i - 1], &line);
}

static void write_marks(const struct svg_chart *drawing,
                        const struct plot *plot, FILE *out)
{
    const struct history *history = drawing->span.history;

    for (size_t i = 0; i < history->mark_count; i++) {
        const struct history_mark *mark = &history->marks[i];
        if (mark->time_ms < plot->begin_ms)
            continue;
        double x = plot_x(plot, mark->time_ms);
        fprintf(out, "<path class='mark %s' d='M%.1f 0V%d'/>\n",
                svg_mark_class(mark->kind), x, HEIGHT);
    }
}

static void write_strip(const struct svg_chart *drawing,
                        const struct plot *plot, size_t begin, size_t end,
                        FILE *out)
{
    const struct history_point *points = drawing->span.history->points;
    double left = plot_x(plot, points[begin].time_ms);
    double right =
        end < drawing->span.end ? plot_x(plot, points[end].time_ms) : WIDTH;
    char text[AXIS_TEXT_BYTES];

    axis_time_label(points[begin].time_ms, 0, text);
    fprintf(out, "<rect x='%.1f' width='%.1f' height='%d'><title>%s", left,
            right - left, HEIGHT, text);
    for (size_t i = 0; i < drawing->chart->line_count; i++) {
        enum history_value value = drawing->chart->lines[i];
        axis_text(drawing->chart->unit, points[begin].values[value], text);
        fprintf(out, "\n%s: %s", chart_lines[value].name, text);
    }
    fputs("</title></rect>\n", out);
}

static void write_strips(const struct svg_chart *drawing,
                         const struct plot *plot, FILE *out)
{
    size_t count = drawing->span.end - drawing->span.begin;
    size_t each = (count + SVG_STRIPS_MAX - 1) / SVG_STRIPS_MAX;

    fputs("<g class=strips>", out);
    for (size_t i = drawing->span.begin; i < drawing->span.end; i += each) {
        size_t end =
            i + each < drawing->span.end ? i + each : drawing->span.end;
        write_strip(drawing, plot, i, end, out);
    }
    fputs("</g>", out);
}

void svg_chart_write(const struct svg_chart *drawing, FILE *out)
{
    struct plot plot = plot_of(drawing);
    char words[CHART_CAPTION_BYTES];

    chart_words(drawing->chart, &drawing->span, words);
    fprintf(out,
            "<svg role=img viewBox='0 0 %d %d' preserveAspectRatio=none "
            "aria-label='%s. %s.'>\n",
            WIDTH, HEIGHT, drawing->chart->title, words);
    write_grid(drawing, &plot, out);
    write_lines(drawing, &plot, out);
    write_marks(drawing, &plot, out);
    write_strips(drawing, &plot, out);
    fputs("</svg>\n", out);
}
