/* A chart and what lies around it. Context: tool. */
#include "reporter/chart/html_chart.h"

#include <math.h>

#include "reporter/chart/svg_chart.h"
#include "reporter/show/html.h"

#define FLAG_LEFT 80  /* from here on a word stands to the left of its mark */
#define ROWS_MAX  240 /* of a table; more would be read by nobody */

static void write_legend(const struct svg_chart *drawing, FILE *out)
{
    const struct chart *chart = drawing->chart;
    char last[AXIS_TEXT_BYTES];
    char high[AXIS_TEXT_BYTES];

    fputs("<ul class=legend>", out);
    for (size_t i = 0; i < chart->line_count; i++) {
        const struct chart_line *line = &chart_lines[chart->lines[i]];
        axis_text(chart->unit, span_last(&drawing->span, chart->lines[i]),
                  last);
        axis_text(chart->unit, span_highest(&drawing->span, chart->lines[i]),
                  high);
        fprintf(out,
                "<li><svg class=key viewBox='0 0 24 8' aria-hidden=true>"
                "<path class='line %s' d='M0 4H24'/></svg>%s <b>%s</b>"
                "<small>highest %s</small>\n",
                line->class, line->name, last, high);
    }
    if (!isnan(chart->limit_above)) {
        axis_text(chart->unit, chart->limit_above, high);
        fprintf(out, "<li>Limit <b>%s</b><small>far above this chart</small>\n",
                high);
    }
    fputs("</ul>", out);
}

static void write_axes(const struct svg_chart *drawing, FILE *out)
{
    char text[AXIS_TEXT_BYTES];

    fputs("<div class=ys aria-hidden=true>", out);
    for (unsigned i = 0; i <= drawing->axis.count; i++) {
        double value = drawing->axis.step * i;
        axis_label(drawing->axis.unit, value, text);
        fprintf(out, "<span style='bottom:%.2f%%'>%s</span>",
                svg_chart_up(drawing, value), text);
    }
    fputs("</div><div class=xs aria-hidden=true>", out);
    for (size_t i = 0; i < drawing->times.count; i++) {
        axis_time_label(drawing->times.ms[i], drawing->times.step_ms, text);
        fprintf(out, "<span style='left:%.2f%%'>%s</span>",
                svg_chart_along(drawing, drawing->times.ms[i]), text);
    }
    fputs("</div>\n", out);
}

/* A sign at each mark, and how it died; the list of events has the rest. */
static void write_flags(const struct svg_chart *drawing, FILE *out)
{
    const struct history *history = drawing->span.history;

    fputs("<div class=flags aria-hidden=true>", out);
    for (size_t i = 0; i < history->mark_count; i++) {
        const struct history_mark *mark = &history->marks[i];
        double along = svg_chart_along(drawing, mark->time_ms);
        if (mark->time_ms < span_begin_ms(&drawing->span))
            continue;
        fprintf(out, "<span class='%s%s' style='left:%.2f%%'>%s",
                svg_mark_class(mark->kind), along > FLAG_LEFT ? " before" : "",
                along, chart_mark_sign(mark->kind, true));
        if (mark->kind == HISTORY_DEATH) {
            fputs(" <i>", out);
            html_escape(out, mark->word);
            fputs("</i>", out);
        }
        fputs("</span>", out);
    }
    fputs("</div>\n", out);
}

static void write_row(const struct chart *chart,
                      const struct history_point *point, FILE *out)
{
    char text[AXIS_TEXT_BYTES];

    axis_time_label(point->time_ms, 0, text);
    fprintf(out, "<tr><th scope=row>%s", text);
    for (size_t i = 0; i < chart->line_count; i++) {
        axis_text(chart->unit, point->values[chart->lines[i]], text);
        fprintf(out, "<td>%s", text);
    }
    putc('\n', out);
}

/* "1921 samples", "every 8th of 1921 samples" */
static void write_count(size_t count, size_t each, FILE *out)
{
    if (each > 1) {
        fprintf(out, "every %zu%s of ", each,
                each == 2   ? "nd"
                : each == 3 ? "rd"
                            : "th");
    }
    fprintf(out, "%zu samples", count);
}

static void write_table(const struct svg_chart *drawing, FILE *out)
{
    const struct chart *chart = drawing->chart;
    const struct history_span *span = &drawing->span;
    size_t count = span->end - span->begin;
    size_t each = (count + ROWS_MAX - 1) / ROWS_MAX;

    fprintf(out, "<details class=behind><summary>%s as a table, ",
            chart->title);
    write_count(count, each, out);
    fprintf(out,
            "</summary><div class=scroll tabindex=0 role=region "
            "aria-label='%s, samples'><table><thead><tr><th scope=col>Time",
            chart->title);
    for (size_t i = 0; i < chart->line_count; i++)
        fprintf(out, "<th scope=col>%s", chart_lines[chart->lines[i]].name);
    fputs("</thead><tbody>\n", out);
    /* Counted from the end: the last sample matters most. */
    for (size_t i = span->begin + (count - 1) % each; i < span->end; i += each)
        write_row(chart, &span->history->points[i], out);
    fputs("</tbody></table></div></details>\n", out);
}

void html_chart_write(const struct chart *chart,
                      const struct history_span *span, FILE *out)
{
    struct svg_chart drawing = svg_chart_make(chart, span);

    fprintf(out, "<figure class='chart %s'><figcaption><b>%s</b>", chart->name,
            chart->title);
    write_legend(&drawing, out);
    fputs("</figcaption><div class=plot>", out);
    svg_chart_write(&drawing, out);
    write_axes(&drawing, out);
    write_flags(&drawing, out);
    fputs("</div>", out);
    write_table(&drawing, out);
    fputs("</figure>\n", out);
}
