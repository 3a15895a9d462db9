/* The page of one history. Context: tool. */
#include "reporter/chart/memory_page.h"

#include <inttypes.h>

#include "reporter/chart/html_memory.h"
#include "reporter/chart/summary.h"
#include "reporter/show/html.h"
#include "reporter/show/view.h"
#include "reporter/state_file.h"

static void write_facts(const json_t *report, FILE *out)
{
    const json_t *process = json_object_get(report, "process");
    const json_t *app = json_object_get(report, "app");
    const json_t *crash = json_object_get(report, "crash");
    char text[SUMMARY_TIME_BYTES] = "";
    uint64_t pid = 0;
    int64_t time_ms = 0;

    fputs("<p class=cause>", out);
    html_escape(out, view_text(crash, "cause"));
    fputs("</p><dl>", out);
    html_term(out, "Report", view_text(report, "reportId"));
    if (clock_parse(view_text(report, "time"), &time_ms) == 0)
        summary_time(time_ms, text);
    html_term(out, "Time", text);
    html_term(out, "Version", view_text(app, "version"));
    html_term(out, "Executable", view_text(process, "executable"));
    if (view_number(process, "pid", &pid)) {
        (void)snprintf(text, sizeof text, "%" PRIu64, pid);
        html_term(out, "Process", text);
    }
    fputs("</dl>\n", out);
}

void memory_page_write(const json_t *report, const struct history *history,
                       FILE *out)
{
    const json_t *end = json_object_get(report, "termination");
    char title[VIEW_TITLE_BYTES];

    view_title(report, title);
    html_begin(out, title, "memory");
    write_facts(report, out);
    html_sentences(out, "Evidence", json_object_get(end, "evidence"));
    if (history->count == 0)
        fputs("<p>It holds no memory sample.</p>", out);
    html_memory_write(history, out);
    html_sentences(out, "Not known", json_object_get(report, "notes"));
    html_end(out);
}
