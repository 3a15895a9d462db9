/* The page. Context: tool. */
#include "reporter/show/show_html.h"

#include <inttypes.h>
#include <stdlib.h>

#include "reporter/show/show_html_threads.h"
#include "reporter/show/view.h"
#include "reporter/state_file.h"

#define PLOT_WIDTH  760
#define PLOT_HEIGHT 140

static const char style[] =
    ":root{color-scheme:light dark;--line:#8884;--accent:#2563eb;"
    "--soft:#8881}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;"
    "margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.1rem;"
    "margin-top:2rem;border-bottom:1px solid var(--line)}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem}"
    "dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}"
    "ol,pre,table,code{font:13px/1.5 ui-monospace,monospace}"
    "li{overflow-wrap:anywhere}table{border-collapse:collapse}"
    "td,th{text-align:left;padding:.1rem .8rem .1rem 0}"
    "summary{cursor:pointer;padding:.3rem 0}.crashed{background:var(--soft);"
    "border-left:3px solid #dc2626;padding:.2rem 1rem}"
    ".fold{list-style:none;opacity:.7}pre{overflow-x:auto}"
    ".cause{font-size:1.1rem}.in{opacity:.7}svg{width:100%;height:auto}"
    "@media print{body{max-width:none}details>*{display:block}}";

void html_escape(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&') {
            fputs("&amp;", out);
        } else if (c == '<') {
            fputs("&lt;", out);
        } else if (c == '>') {
            fputs("&gt;", out);
        } else if (c == '"') {
            fputs("&quot;", out);
        } else if (c == '\'') {
            fputs("&#39;", out);
        } else {
            putc((c < ' ' && c != '\n' && c != '\t') || c == 0x7f ? '?' : c,
                 out);
        }
    }
}

static void term(FILE *out, const char *name, const char *value)
{
    if (*value == '\0')
        return;
    fprintf(out, "<dt>%s<dd>", name);
    html_escape(out, value);
    putc('\n', out);
}

static void write_head(const struct show *show)
{
    const json_t *crash = json_object_get(show->report, "crash");
    const json_t *signal = json_object_get(crash, "signal");
    const json_t *end = json_object_get(show->report, "termination");
    const json_t *app = json_object_get(show->report, "app");
    FILE *out = show->out;

    fputs("<!doctype html><html lang=en><meta charset=utf-8>"
          "<meta name=viewport content=\"width=device-width\">"
          "<meta http-equiv=Content-Security-Policy content=\"default-src "
          "'none'; style-src 'unsafe-inline'\"><title>",
          out);
    html_escape(out, view_text(app, "name"));
    fputs(" – inquest report</title><style>", out);
    fputs(style, out);
    fputs("</style><h1>", out);
    html_escape(out, view_text(app, "name"));
    fputs(crash ? " crashed: " : end ? " ended: " : ": ", out);
    html_escape(out, crash ? view_text(signal, "name")
                     : end ? view_text(end, "cause")
                           : view_text(show->report, "kind"));
    fputs("</h1><p class=cause>", out);
    html_escape(out, view_text(crash, "cause"));
    fputs("</p>\n", out);
}

static void write_facts(const struct show *show)
{
    const json_t *crash = json_object_get(show->report, "crash");
    const json_t *signal = json_object_get(crash, "signal");
    const json_t *exception = json_object_get(crash, "exception");
    const json_t *app = json_object_get(show->report, "app");
    const json_t *device = json_object_get(show->report, "device");
    const json_t *process = json_object_get(show->report, "process");
    char tier[400];
    FILE *out = show->out;

    view_tier(show->report, tier, sizeof tier);
    fputs("<dl>", out);
    term(out, "Report", view_text(show->report, "reportId"));
    term(out, "Time", view_text(show->report, "time"));
    term(out, "Version", view_text(app, "version"));
    term(out, "Upgrade", view_text(app, "upgradeStatus"));
    term(out, "Executable", view_text(process, "executable"));
    term(out, "Code", view_text(signal, "codeName"));
    term(out, "Fault address", view_text(signal, "faultAddress"));
    term(out, "Access", view_text(crash, "access"));
    term(out, "Nearest memory", view_text(crash, "nearestMapping"));
    term(out, "Abort text", view_text(crash, "abortMessage"));
    term(out, "Exception", view_text(exception, "type"));
    term(out, "what()", view_text(exception, "message"));
    term(out, "System", view_text(device, "osName"));
    term(out, "System version", view_text(device, "osVersion"));
    term(out, "Kernel", view_text(device, "kernel"));
    term(out, "Processor", view_text(device, "cpuModel"));
    term(out, "Captured by", tier);
    fputs("</dl>\n", out);
}

static uint64_t highest(const json_t *samples, const char *key)
{
    uint64_t high = 1;
    size_t index;
    json_t *sample;

    json_array_foreach((json_t *)(uintptr_t)samples, index, sample)
    {
        uint64_t value = 0;
        if (view_number(sample, key, &value) && value > high)
            high = value;
    }
    return high;
}

/* One line; its points lie at their times. */
static void write_line(FILE *out, const json_t *samples, const char *key,
                       const char *color)
{
    size_t count = json_array_size(samples);
    uint64_t high = highest(samples, "rssBytes");
    int64_t first = 0;
    int64_t last = 0;

    if (clock_parse(view_text(json_array_get(samples, 0), "time"), &first) <
            0 ||
        clock_parse(view_text(json_array_get(samples, count - 1), "time"),
                    &last) < 0)
        return;
    double span = last > first ? (double)(last - first) : 1.0;
    fprintf(out, "<polyline fill=none stroke='%s' stroke-width=2 points='",
            color);
    for (size_t i = 0; i < count && i < VIEW_SAMPLES_MAX; i++) {
        const json_t *sample = json_array_get(samples, i);
        uint64_t value = 0;
        int64_t at = first;
        if (!view_number(sample, key, &value) ||
            clock_parse(view_text(sample, "time"), &at) < 0)
            continue;
        double y = (double)value / (double)high;
        fprintf(out, "%.1f,%.1f ", (double)(at - first) / span * PLOT_WIDTH,
                PLOT_HEIGHT - (y > 1 ? 1 : y) * (PLOT_HEIGHT - 10));
    }
    fputs("'/>", out);
}

static void write_memory(const struct show *show)
{
    const json_t *samples =
        json_object_get(json_object_get(show->report, "memory"), "samples");
    char high[VIEW_BYTES_TEXT];

    if (json_array_size(samples) == 0)
        return;
    view_bytes(highest(samples, "rssBytes"), high);
    if (json_array_size(samples) == 1) { /* no line through one point */
        fprintf(show->out, "<h2>Memory</h2><p>Resident %s.</p>\n", high);
        return;
    }
    fprintf(show->out,
            "<h2>Memory</h2><p>Resident (blue) and anonymous (orange), highest "
            "%s, %zu samples.</p><svg viewBox='0 0 %d %d' role=img "
            "aria-label='memory before the event'><rect width='%d' height='%d' "
            "fill='none' stroke='#8884'/>",
            high, json_array_size(samples), PLOT_WIDTH, PLOT_HEIGHT, PLOT_WIDTH,
            PLOT_HEIGHT);
    write_line(show->out, samples, "rssBytes", "#2563eb");
    write_line(show->out, samples, "anonBytes", "#ea580c");
    fputs("</svg>\n", show->out);
}

static void write_sentences(const struct show *show, const char *title,
                            const json_t *sentences)
{
    size_t index;
    json_t *sentence;

    if (json_array_size(sentences) == 0)
        return;
    fprintf(show->out, "<h2>%s</h2><ul>", title);
    json_array_foreach((json_t *)(uintptr_t)sentences, index, sentence)
    {
        fputs("<li>", show->out);
        html_escape(show->out, json_string_value(sentence));
    }
    fputs("</ul>\n", show->out);
}

static void write_actions(const struct show *show)
{
    const json_t *actions = json_object_get(show->report, "actions");
    size_t index;
    json_t *action;

    if (json_array_size(actions) == 0)
        return;
    fputs("<h2>Actions before it</h2><table>", show->out);
    json_array_foreach((json_t *)(uintptr_t)actions, index, action)
    {
        char *attributes =
            json_dumps(json_object_get(action, "attributes"), JSON_COMPACT);
        fputs("<tr><td>", show->out);
        html_escape(show->out, view_text(action, "time"));
        fputs("<td>", show->out);
        html_escape(show->out, view_text(action, "name"));
        fputs("<td>", show->out);
        html_escape(show->out, attributes ? attributes : "");
        free(attributes);
    }
    fputs("</table>\n", show->out);
}

static void write_modules(const struct show *show)
{
    const json_t *modules = json_object_get(show->report, "modules");
    size_t index;
    json_t *module;

    if (json_array_size(modules) == 0)
        return;
    fprintf(show->out,
            "<h2>Modules</h2><details><summary>%zu loaded files</summary>"
            "<table><tr><th>Base<th>Path<th>Build-id",
            json_array_size(modules));
    json_array_foreach((json_t *)(uintptr_t)modules, index, module)
    {
        static const char *const keys[] = {"base", "path", "buildId"};
        fputs("<tr>", show->out);
        for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
            fputs("<td>", show->out);
            html_escape(show->out, view_text(module, keys[i]));
        }
    }
    fputs("</table></details>\n", show->out);
}

void show_html(const struct show *show)
{
    const json_t *end = json_object_get(show->report, "termination");

    write_head(show);
    write_facts(show);
    write_sentences(show, "Evidence", json_object_get(end, "evidence"));
    show_html_threads(show);
    write_memory(show);
    write_actions(show);
    write_modules(show);
    write_sentences(show, "Not known", json_object_get(show->report, "notes"));
    write_sentences(show, "Symbols", show->missing);
    fputs("</html>\n", show->out);
}
