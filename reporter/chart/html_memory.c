/* Charts on a page. Context: tool. */
#include "reporter/chart/html_memory.h"

#include "reporter/chart/html_chart.h"
#include "reporter/chart/summary.h"
#include "reporter/chart/svg_chart.h"
#include "reporter/show/html.h"

#define SPANS_MAX   3
#define POINTS_MIN  2 /* no line through one point */
#define MS_PER_MIN  60000
#define SHORTER_NUM 2 /* of 3 parts of the span before: worth a choice */
#define SHORTER_DEN 3

/* The rings' own lengths (box.h). */
static const struct {
    const char *name;
    int64_t ms;
} choices[] = {{"Last 2 hours", 120 * (int64_t)MS_PER_MIN},
               {"Last 10 minutes", 10 * (int64_t)MS_PER_MIN}};

struct spans {
    struct history_span items[SPANS_MAX];
    const char *names[SPANS_MAX]; /* of the first: its duration */
    size_t count;
};

static int64_t length_ms(const struct history_span *span)
{
    return span_end_ms(span) - span_begin_ms(span);
}

static void choose_spans(const struct history *history, struct spans *spans)
{
    *spans = (struct spans){
        .items = {history_whole(history)}, .names = {"All"}, .count = 1};
    for (size_t i = 0; i < ARRAY_LENGTH(choices); i++) {
        struct history_span span = history_last(history, choices[i].ms);
        int64_t before_ms = length_ms(&spans->items[spans->count - 1]);
        if (choices[i].ms > before_ms * SHORTER_NUM / SHORTER_DEN ||
            span.end - span.begin < POINTS_MIN)
            continue;
        spans->names[spans->count] = choices[i].name;
        spans->items[spans->count++] = span;
    }
}

/* Radio buttons: what is checked shows the block behind it, by style alone. */
static void write_choice(const struct spans *spans, FILE *out)
{
    char duration[AXIS_TEXT_BYTES];

    if (spans->count < 2)
        return;
    for (size_t i = 0; i < spans->count; i++) {
        fprintf(out,
                "<input type=radio class=pick name=span id=span-%zu%s>"
                "<label for=span-%zu>%s",
                i, i == 0 ? " checked" : "", i, spans->names[i]);
        if (i == 0) {
            axis_duration(length_ms(&spans->items[0]), duration);
            fprintf(out, ", %s", duration);
        }
        fputs("</label>\n", out);
    }
}

static void write_span(const struct spans *spans, size_t index, FILE *out)
{
    const struct history_span *span = &spans->items[index];
    struct chart_set set;

    chart_set_choose(span, &set);
    if (spans->count > 1)
        fprintf(out, "<div class='span span-%zu'>", index);
    for (size_t i = 0; i < set.count; i++)
        html_chart_write(&set.charts[i], span, out);
    if (set.quiet_count > 0)
        fputs("<p class=quiet>", out);
    for (size_t i = 0; i < set.quiet_count; i++)
        fprintf(out, "%s ", set.quiet[i]);
    fputs(spans->count > 1 ? "</div>\n" : "\n", out);
}

static void write_events(const struct history *history, FILE *out)
{
    char time[SUMMARY_TIME_BYTES];

    if (history->mark_count == 0)
        return;
    fputs("<ul class=events>", out);
    for (size_t i = 0; i < history->mark_count; i++) {
        const struct history_mark *mark = &history->marks[i];
        summary_time(mark->time_ms, time);
        fprintf(out, "<li><time>%s</time><b class=%s>%s ", time,
                svg_mark_class(mark->kind), chart_mark_sign(mark->kind, true));
        html_escape(out, mark->word);
        fputs("</b>", out);
        html_escape(out, mark->text);
        putc('\n', out);
    }
    fputs("</ul>\n", out);
}

static void write_words(const struct history_span *whole, FILE *out)
{
    char text[SUMMARY_BYTES];

    summary_write(whole, text);
    fprintf(out, "<p>%s", text);
    summary_growth(whole, text);
    fprintf(out, " %s</p>\n", text);
}

void html_memory_write(const struct history *history, FILE *out)
{
    struct history_span whole = history_whole(history);
    struct spans spans;

    if (history->count == 0)
        return;
    fputs("<section aria-label=Memory><h2>Memory</h2>", out);
    write_words(&whole, out);
    write_events(history, out);
    if (history->count >= POINTS_MIN) {
        choose_spans(history, &spans);
        write_choice(&spans, out);
        for (size_t i = 0; i < spans.count; i++)
            write_span(&spans, i, out);
    }
    html_kinds_write(history, out);
    fputs("</section>\n", out);
}
