/* The page. Context: tool. */
#include "reporter/show/show_html.h"

#include <stdlib.h>

#include "reporter/chart/history.h"
#include "reporter/chart/html_memory.h"
#include "reporter/show/html.h"
#include "reporter/show/show_html_threads.h"
#include "reporter/show/view.h"

static void write_head(const struct show *show)
{
    const json_t *crash = json_object_get(show->report, "crash");
    const json_t *end = json_object_get(show->report, "termination");
    char title[VIEW_TITLE_BYTES];

    view_title(show->report, title);
    html_begin(show->out, title, "inquest report");
    fputs("<p class=cause>", show->out);
    html_escape(show->out, view_text(crash, "cause"));
    html_escape(show->out,
                view_text(json_object_get(show->report, "alarm"), "detail"));
    if (end) { /* the title says the cause as if it was certain */
        fputs("evidence of grade ", show->out);
        html_escape(show->out, view_text(end, "grade"));
    }
    fputs("</p>\n", show->out);
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
    html_term(out, "Report", view_text(show->report, "reportId"));
    html_term(out, "Time", view_text(show->report, "time"));
    html_term(out, "Version", view_text(app, "version"));
    html_term(out, "Upgrade", view_text(app, "upgradeStatus"));
    html_term(out, "Executable", view_text(process, "executable"));
    html_term(out, "Code", view_text(signal, "codeName"));
    html_term(out, "Fault address", view_text(signal, "faultAddress"));
    html_term(out, "Access", view_text(crash, "access"));
    html_term(out, "Nearest memory", view_text(crash, "nearestMapping"));
    html_term(out, "Abort text", view_text(crash, "abortMessage"));
    html_term(out, "Exception", view_text(exception, "type"));
    html_term(out, "what()", view_text(exception, "message"));
    html_term(out, "System", view_text(device, "osName"));
    html_term(out, "System version", view_text(device, "osVersion"));
    html_term(out, "Kernel", view_text(device, "kernel"));
    html_term(out, "Processor", view_text(device, "cpuModel"));
    html_term(out, "Captured by", tier);
    fputs("</dl>\n", out);
}

static void write_memory(const struct show *show)
{
    OWNED_HISTORY history = {0};

    if (history_read(show->report, &history) == 0) /* else without memory */
        html_memory_write(&history, show->out);
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
    html_sentences(show->out, "Evidence", json_object_get(end, "evidence"));
    show_html_threads(show);
    write_memory(show);
    write_actions(show);
    write_modules(show);
    html_sentences(show->out, "Not known",
                   json_object_get(show->report, "notes"));
    html_sentences(show->out, "Symbols", show->missing);
    html_end(show->out);
}
