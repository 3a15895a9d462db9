/* A history on a terminal. Context: tool. */
#include "reporter/chart/text_memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reporter/chart/summary.h"
#include "reporter/show/view.h"

#define BOLD          1
#define PERCENT       100
#define POINTS_MIN    2  /* no line through one point */
#define KINDS_COLUMNS 34 /* of a row without its bar */
#define END_MS        600000
#define EVENT_BYTES   (HISTORY_MARK_BYTES + 64)
#define ALARM_COLOR   33
#define MARK_COLOR    31

struct text_place {
    unsigned column, indent;
};

static void write_title(const json_t *report, const struct text_style *style,
                        FILE *out)
{
    const json_t *process = json_object_get(report, "process");
    char title[VIEW_TITLE_BYTES];
    uint64_t pid = 0;

    view_title(report, title);
    text_color(style, BOLD, out);
    view_print(out, title);
    text_plain(style, out);
    if (view_number(process, "pid", &pid))
        fprintf(out, " (pid %" PRIu64 ")", pid);
    putc('\n', out);
}

static unsigned columns_of(const char *text, size_t size)
{
    unsigned columns = 0;

    for (size_t i = 0; i < size; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 : 0;
    return columns;
}

/*
 * Words, broken at blanks where the line is full; column: where it stands,
 * indent: where further lines begin.
 */
static void write_words(const char *text, const struct text_style *style,
                        struct text_place place, FILE *out)
{
    bool first = true;

    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        unsigned columns = columns_of(text, size);
        if (!first && place.column + 1 + columns > style->width) {
            fprintf(out, "\n%*s", (int)place.indent, "");
            place.column = place.indent;
        } else if (!first) {
            putc(' ', out);
            place.column++;
        }
        fprintf(out, "%.*s", (int)size, text);
        place.column += columns;
        first = false;
        text += size;
        text += strspn(text, " ");
    }
    putc('\n', out);
}

static void write_summary(const struct history_span *span,
                          const struct text_style *style, FILE *out)
{
    char text[2 * SUMMARY_BYTES];
    char growth[SUMMARY_BYTES];

    summary_write(span, text);
    summary_growth(span, growth);
    size_t size = strlen(text);
    (void)snprintf(text + size, sizeof text - size, " %s", growth);
    write_words(text, style, (struct text_place){0}, out);
}

static void write_charts(const struct history_span *span,
                         const struct text_style *style, FILE *out)
{
    struct text_style smaller = *style; /* what comes second */
    struct chart_set set;

    smaller.rows = (style->rows + 1) / 2;
    chart_set_choose(span, &set);
    for (size_t i = 0; i < set.count; i++) {
        putc('\n', out);
        if (set.charts[i].unit == AXIS_BYTES) {
            text_chart_write(&set.charts[i], span, i == 0 ? style : &smaller,
                             out);
        } else {
            text_line_write(&set.charts[i], span, style, out);
        }
    }
    if (set.quiet_count > 0)
        putc('\n', out);
    for (size_t i = 0; i < set.quiet_count; i++)
        write_words(set.quiet[i], style, (struct text_place){0}, out);
}

/* One kind: its share as a bar too. */
static void write_kind(size_t kind, double bytes, double part,
                       const struct text_style *style, FILE *out)
{
    unsigned columns =
        style->width > KINDS_COLUMNS ? style->width - KINDS_COLUMNS : 0;
    unsigned full = (unsigned)(part * columns);
    char text[AXIS_TEXT_BYTES];

    axis_text(AXIS_BYTES, bytes, text);
    fprintf(out, "  %-9s %11s %3.0f %%%s", chart_categories[kind], text,
            part * PERCENT, full > 0 ? "  " : "");
    for (unsigned i = 0; i < full; i++)
        fputs(style->utf8 ? "▆" : "#", out);
    putc('\n', out);
}

static void write_heading(const char *title, const struct text_style *style,
                          FILE *out)
{
    putc('\n', out);
    text_color(style, BOLD, out);
    fputs(title, out);
    text_plain(style, out);
    putc('\n', out);
}

static void write_kinds(const struct history *history,
                        const struct text_style *style, FILE *out)
{
    const double *bytes = history->categories;
    double sum = 0;

    for (size_t i = 0; i < HISTORY_CATEGORIES; i++)
        sum += isnan(bytes[i]) ? 0 : bytes[i];
    if (!(sum > 0))
        return;
    write_heading("Resident memory by kind", style, out);
    for (size_t i = 0; i < HISTORY_CATEGORIES; i++) {
        if (!isnan(bytes[i]))
            write_kind(i, bytes[i], bytes[i] / sum, style, out);
    }
}

static void write_event(const struct history_mark *mark,
                        const struct text_style *style, FILE *out)
{
    char line[EVENT_BYTES];
    char time[AXIS_TEXT_BYTES];

    axis_time_label(mark->time_ms, 0, time);
    fputs("  ", out);
    text_color(style, mark->kind == HISTORY_ALARM ? ALARM_COLOR : MARK_COLOR,
               out);
    fputs(chart_mark_sign(mark->kind, style->utf8), out);
    text_plain(style, out);
    (void)snprintf(line, sizeof line, "%s %s %s", time, mark->word, mark->text);
    for (char *at = line; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?'; /* foreign text */
    }
    putc(' ', out);
    write_words(line, style, (struct text_place){4, 4}, out);
}

static void write_events(const struct history_span *span,
                         const struct text_style *style, FILE *out)
{
    const struct history *history = span->history;

    if (history->mark_count == 0)
        return;
    write_heading("Events", style, out);
    for (size_t i = 0; i < history->mark_count; i++)
        write_event(&history->marks[i], style, out);
}

/* What came at the end is but a dot in a long history. */
static void write_end(const struct history_span *span,
                      const struct text_style *style, FILE *out)
{
    struct history_span end = history_last(span->history, END_MS);
    struct chart_set set;

    if (end.begin <= span->begin || end.end - end.begin < POINTS_MIN ||
        span_begin_ms(&end) - span_begin_ms(span) < 2 * (int64_t)END_MS)
        return;
    chart_set_choose(&end, &set);
    for (size_t i = 0; i < set.count; i++) {
        if (set.charts[i].unit != AXIS_BYTES)
            continue;
        struct chart chart = set.charts[i];
        chart.title = "The last 10 minutes";
        putc('\n', out);
        text_chart_write(&chart, &end, style, out);
        return;
    }
}

void text_memory_write(const json_t *report, const struct history_span *span,
                       const struct text_style *style, FILE *out)
{
    write_title(report, style, out);
    if (span->begin == span->end) {
        fputs("There is no memory sample in it.\n", out);
        return;
    }
    write_summary(span, style, out);
    if (span->end - span->begin >= POINTS_MIN) {
        write_charts(span, style, out);
        write_end(span, style, out);
    }
    write_kinds(span->history, style, out);
    write_events(span, style, out);
}
