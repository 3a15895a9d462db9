/* HTML pages. Context: tool. */
#include "collector/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<title>inquest</title><style>"
    ":root{color-scheme:light dark;--line:#8884;--dim:#888}"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;"
    "padding:0 1rem}"
    "h1{font-size:1.3rem}h2{font-size:1rem;margin-top:2rem}"
    "table{border-collapse:collapse;width:100%}"
    "th{text-align:left;color:var(--dim);font-weight:500}"
    "td,th{padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--line);"
    "vertical-align:top}"
    "code{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}"
    "a{color:inherit}time{white-space:nowrap}.dim{color:var(--dim)}.cause{font-"
    "size:1.15rem}"
    "</style><body>";

static void escape(FILE *out, const char *text)
{
    for (; text && *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static struct answer finish(FILE *out, char *const *body, const size_t *size)
{
    if (!out || fclose(out) != 0)
        return answer_error(500, "no memory for the page");
    return (struct answer){200, ANSWER_HTML, *body, *size};
}

static void cell(FILE *out, const char *text)
{
    fputs("<td>", out);
    escape(out, text);
}

/* "2026-11-24T12:34:56.789Z" without what nobody compares in a list. */
static void write_time(FILE *out, const char *time)
{
    char text[] = "0000-00-00 00:00:00";
    size_t size = sizeof text - 1;

    if (strlen(time) < size) {
        escape(out, time);
        return;
    }
    memcpy(text, time, size);
    text[10] = ' ';
    fputs("<time>", out);
    escape(out, text);
    fputs("</time>", out);
}

static void list_row(FILE *out, const json_t *row)
{
    fputs("<tr><td><a href=\"/reports/", out);
    escape(out, member(row, "reportId"));
    fputs("\">", out);
    write_time(out, member(row, "time"));
    fputs("</a>", out);
    cell(out, member(row, "app"));
    cell(out, member(row, "version"));
    cell(out, member(row, "kind"));
    cell(out, member(row, "signal"));
    cell(out, member(row, "cause"));
}

struct answer page_list(const json_t *rows)
{
    char *body = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&body, &size);
    size_t index;
    const json_t *row;

    if (!out)
        return answer_error(500, "no memory for the page");
    fputs(head, out);
    fprintf(out, "<h1>Reports <span class=dim>%zu newest</span></h1>",
            json_array_size(rows));
    fputs("<table><tr><th>Time<th>Program<th>Version<th>Kind<th>Signal"
          "<th>Cause",
          out);
    json_array_foreach(rows, index, row) list_row(out, row);
    fputs("</table>", out);
    if (json_array_size(rows) == 0) {
        fputs("<p>Nothing yet: run a program under <code>inquest run</code> "
              "with this collector as its endpoint.",
              out);
    }
    return finish(out, &body, &size);
}

static void frame_row(FILE *out, size_t index, const json_t *frame)
{
    fprintf(out, "<tr><td class=dim>%zu<td><code>", index);
    escape(out, *member(frame, "function") ? member(frame, "function")
                                           : member(frame, "moduleOffset"));
    fputs("</code><td><code class=dim>", out);
    escape(out, *member(frame, "file") ? member(frame, "file")
                                       : member(frame, "module"));
    fputs("</code>", out);
}

static void thread_section(FILE *out, const json_t *thread)
{
    size_t index;
    const json_t *frame;

    fputs("<h2>Thread ", out);
    escape(out, member(thread, "name"));
    fputs(json_is_true(json_object_get(thread, "crashed")) ? " (crashed)</h2>"
                                                           : "</h2>",
          out);
    fputs("<table>", out);
    json_array_foreach(json_object_get(thread, "frames"), index, frame)
        frame_row(out, index, frame);
    fputs("</table>", out);
}

struct answer page_report(const json_t *report)
{
    const json_t *crash = json_object_get(report, "crash");
    const json_t *app = json_object_get(report, "app");
    char *body = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&body, &size);
    size_t index;
    const json_t *thread;

    if (!out)
        return answer_error(500, "no memory for the page");
    fputs(head, out);
    fputs("<p><a href=\"/\">All reports</a><h1>", out);
    escape(out, member(app, "name"));
    fputs(" <span class=dim>", out);
    escape(out, member(app, "version"));
    fputs("</span></h1><p class=cause>", out);
    escape(out, member(json_object_get(crash, "signal"), "name"));
    fputs(" ", out);
    escape(out, member(crash, "cause"));
    fputs("<p class=dim>", out);
    escape(out, member(report, "kind"));
    fputs(" at ", out);
    escape(out, member(report, "time"));
    json_array_foreach(json_object_get(report, "threads"), index, thread)
        thread_section(out, thread);
    return finish(out, &body, &size);
}
