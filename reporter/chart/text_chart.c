/* Charts for a terminal. Context: tool. */
#include "reporter/chart/text_chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reporter/chart/canvas.h"
#include "reporter/chart/plot.h"

#define STEPS_MAX      4
#define SAMPLE_COLUMNS 4
#define WIDE_COLUMNS   60 /* has room for more than the last value */
#define LABEL_COLUMNS  14 /* that a time needs, with room around it */
#define BOLD           1
#define MARK_COLOR     31
#define ALARM_COLOR    33

unsigned text_chart_columns(const struct text_style *style)
{
    unsigned columns = style->width > TEXT_MARGIN + TEXT_COLUMNS_MIN
                           ? style->width - TEXT_MARGIN - 1
                           : TEXT_COLUMNS_MIN;

    return columns < CANVAS_COLUMNS_MAX ? columns : CANVAS_COLUMNS_MAX;
}

void text_color(const struct text_style *style, int color, FILE *out)
{
    if (style->color)
        fprintf(out, "\033[%dm", color);
}

void text_plain(const struct text_style *style, FILE *out)
{
    if (style->color)
        fputs("\033[0m", out);
}

static struct plot plot_of(const struct history_span *span, double top,
                           double width, double height)
{
    return (struct plot){span_begin_ms(span), span_end_ms(span), top, width,
                         height};
}

/* The dot of a moment and a value. */
static struct canvas_point point_of(const struct plot *plot, int64_t time_ms,
                                    double value)
{
    return (struct canvas_point){(unsigned)lround(plot_x(plot, time_ms)),
                                 (unsigned)lround(plot_y(plot, value))};
}

static void draw_line(struct canvas *canvas, const struct plot *plot,
                      const struct history_span *span, enum history_value value)
{
    const struct chart_line *line = &chart_lines[value];
    const struct canvas_pen pen = {line->letter, line->color, line->dots};
    const struct history_point *points = span->history->points;
    struct canvas_point before = {0};

    for (size_t i = span->begin; i < span->end; i++) {
        double known = points[i].values[value];
        if (isnan(known))
            continue;
        struct canvas_point at = point_of(plot, points[i].time_ms, known);
        canvas_line(canvas, span_joins(span, value, i) ? before : at, at, &pen);
        before = at;
    }
}

static void draw_marks(struct canvas *canvas, const struct plot *plot,
                       const struct history *history)
{
    for (size_t i = 0; i < history->mark_count; i++) {
        const struct history_mark *mark = &history->marks[i];
        if (mark->time_ms < plot->begin_ms)
            continue;
        canvas_mark(canvas, (unsigned)lround(plot_x(plot, mark->time_ms)),
                    chart_mark_sign(mark->kind, canvas->braille),
                    mark->kind == HISTORY_ALARM ? ALARM_COLOR : MARK_COLOR);
    }
}

/* "    64 MiB ┤", or blanks where no tick is in the row. */
static void write_label(const struct axis *axis, unsigned row, unsigned rows,
                        const struct text_style *style, FILE *out)
{
    char text[AXIS_TEXT_BYTES];
    const char *edge = style->utf8 ? "│" : "|";

    for (unsigned i = 0; i <= axis->count; i++) {
        /* A tick belongs to the row whose lower edge it is nearest to. */
        double up = (double)i / axis->count * (rows - 1);
        if ((unsigned)lround(up) != rows - 1 - row)
            continue;
        axis_label(axis->unit, axis->step * i, text);
        fprintf(out, "%*s %s", TEXT_MARGIN - 2, text, style->utf8 ? "┤" : "+");
        return;
    }
    fprintf(out, "%*s%s", TEXT_MARGIN - 1, "", edge);
}

/* Times under the drawing, each around its moment. */
static void write_times(const struct history_span *span,
                        const struct text_style *style, FILE *out)
{
    unsigned columns = text_chart_columns(style);
    struct plot plot = plot_of(span, 1, columns - 1, 1);
    unsigned most = columns / LABEL_COLUMNS;
    struct axis_times times = axis_times_make(
        plot.begin_ms, plot.end_ms, axis_offset_s(plot.begin_ms),
        most < 1                ? 1
        : most < AXIS_TICKS_MAX ? most
                                : AXIS_TICKS_MAX);
    char text[AXIS_TEXT_BYTES];
    unsigned at = 0;

    fprintf(out, "%*s", TEXT_MARGIN, "");
    for (size_t i = 0; i < times.count; i++) {
        axis_time_label(times.ms[i], times.step_ms, text);
        unsigned size = (unsigned)strlen(text);
        unsigned middle = (unsigned)lround(plot_x(&plot, times.ms[i]));
        unsigned begin = middle > size / 2 ? middle - size / 2 : 0;
        if (begin + size > columns)
            begin = columns - size;
        if (begin < at + (at > 0 ? 1 : 0))
            continue;
        fprintf(out, "%*s%s", (int)(begin - at), "", text);
        at = begin + size;
    }
    putc('\n', out);
}

/* A piece of the line, as it looks in the drawing. */
static void write_sample(const struct chart_line *line,
                         const struct text_style *style, FILE *out)
{
    const struct canvas_pen pen = {line->letter, line->color, line->dots};
    struct canvas *canvas =
        canvas_make(SAMPLE_COLUMNS, 1, style->utf8, style->color);

    if (!canvas)
        return;
    const unsigned middle = canvas_height(canvas) / 2;
    struct canvas_point from = {0, middle};
    struct canvas_point to = {canvas_width(canvas) - 1, middle};
    canvas_line(canvas, from, to, &pen);
    canvas_write_row(canvas, 0, out);
    free(canvas);
}

static void write_key(const struct chart *chart,
                      const struct history_span *span, enum history_value value,
                      const struct text_style *style, FILE *out)
{
    const struct chart_line *line = &chart_lines[value];
    char last[AXIS_TEXT_BYTES];
    char high[AXIS_TEXT_BYTES];

    axis_text(chart->unit, span_last(span, value), last);
    axis_text(chart->unit, span_highest(span, value), high);
    fprintf(out, "%*s", TEXT_MARGIN, "");
    write_sample(line, style, out);
    fprintf(out, " %-9s %11s", line->name, last);
    if (value != HISTORY_LIMIT && style->width >= WIDE_COLUMNS)
        fprintf(out, "   highest %s", high);
    putc('\n', out);
}

static void write_legend(const struct chart *chart,
                         const struct history_span *span,
                         const struct text_style *style, FILE *out)
{
    char text[AXIS_TEXT_BYTES];

    for (size_t i = 0; i < chart->line_count; i++)
        write_key(chart, span, chart->lines[i], style, out);
    if (isnan(chart->limit_above))
        return;
    axis_text(chart->unit, chart->limit_above, text);
    fprintf(out, "%*s     %-9s %11s%s\n", TEXT_MARGIN, "",
            chart_lines[HISTORY_LIMIT].name, text,
            style->width >= WIDE_COLUMNS ? "   far above this chart" : "");
}

void text_chart_write(const struct chart *chart,
                      const struct history_span *span,
                      const struct text_style *style, FILE *out)
{
    struct axis axis = axis_make(chart->unit, chart->high, STEPS_MAX);
    struct canvas *canvas = canvas_make(text_chart_columns(style), style->rows,
                                        style->utf8, style->color);

    if (!canvas)
        return;
    struct plot plot = plot_of(span, axis_top(&axis), canvas_width(canvas) - 1,
                               canvas_height(canvas) - 1);
    for (size_t i = chart->line_count; i > 0; i--) /* the first on top */
        draw_line(canvas, &plot, span, chart->lines[i - 1]);
    draw_marks(canvas, &plot, span->history);
    text_color(style, BOLD, out);
    fputs(chart->title, out);
    text_plain(style, out);
    putc('\n', out);
    for (unsigned row = 0; row < canvas->rows; row++) {
        write_label(&axis, row, canvas->rows, style, out);
        canvas_write_row(canvas, row, out);
        putc('\n', out);
    }
    free(canvas);
    write_times(span, style, out);
    write_legend(chart, span, style, out);
}

static void write_block(double part, const struct text_style *style, FILE *out)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄",
                                         "▅", "▆", "▇", "█"};
    static const char letters[] = "_.:-=+*#";
    const size_t highest = ARRAY_LENGTH(blocks) - 1;
    size_t step = part <= 0 ? 0 : (size_t)(part * (double)highest);

    if (step > highest)
        step = highest;
    if (style->utf8) {
        fputs(blocks[step], out);
    } else {
        putc(letters[step], out);
    }
}

/* The highest value of each column; NAN where nothing is known. */
static void sample_columns(const struct history_span *span,
                           enum history_value value, unsigned columns,
                           double ret_values[CANVAS_COLUMNS_MAX])
{
    struct plot plot = plot_of(span, 1, columns - 1, 1);

    for (unsigned i = 0; i < columns; i++)
        ret_values[i] = NAN;
    for (size_t i = span->begin; i < span->end; i++) {
        const struct history_point *point = &span->history->points[i];
        size_t column = (size_t)lround(plot_x(&plot, point->time_ms));
        ret_values[column] = fmax(ret_values[column], point->values[value]);
    }
    /* Between two samples of coarse rings the line goes on. */
    for (unsigned i = 1; i < columns; i++) {
        if (isnan(ret_values[i]))
            ret_values[i] = ret_values[i - 1];
    }
}

void text_line_write(const struct chart *chart, const struct history_span *span,
                     const struct text_style *style, FILE *out)
{
    unsigned columns = text_chart_columns(style);
    double values[CANVAS_COLUMNS_MAX];
    char last[AXIS_TEXT_BYTES];
    char high[AXIS_TEXT_BYTES];

    for (size_t i = 0; i < chart->line_count; i++) {
        enum history_value value = chart->lines[i];
        double top = span_highest(span, value);
        sample_columns(span, value, columns, values);
        axis_text(chart->unit, span_last(span, value), last);
        axis_text(chart->unit, top, high);
        fprintf(out, "%-13s %s, highest %s\n%*s", chart_lines[value].name, last,
                high, TEXT_MARGIN, "");
        text_color(style, chart_lines[value].color, out);
        for (unsigned column = 0; column < columns; column++) {
            if (isnan(values[column])) {
                putc(' ', out);
            } else {
                write_block(top > 0 ? values[column] / top : 0, style, out);
            }
        }
        text_plain(style, out);
        putc('\n', out);
    }
}
