/* The terminal report. Context: tool. */
#include "reporter/show/show_text.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "reporter/show/show_frames.h"
#include "reporter/show/view.h"
#include "reporter/state_file.h"

#define ACTIONS_SHOWN 12

static const char *bold(const struct show *show)
{
    return show->color ? "\033[1m" : "";
}

static const char *plain(const struct show *show)
{
    return show->color ? "\033[0m" : "";
}

static void heading(const struct show *show, const char *text)
{
    fprintf(show->out, "\n%s%s%s\n", bold(show), text, plain(show));
}

/* "  Label      value", only when there is a value. */
static void row(const struct show *show, const char *label, const char *value)
{
    if (*value == '\0')
        return;
    fprintf(show->out, "  %-11s ", label);
    view_print(show->out, value);
    putc('\n', show->out);
}

static void local_time(const char *utc, char *text, size_t capacity)
{
    int64_t ms = 0;
    struct tm parts;

    text[0] = '\0';
    if (clock_parse(utc, &ms) < 0)
        return;
    time_t seconds = (time_t)(ms / 1000);
    localtime_r(&seconds, &parts);
    strftime(text, capacity, "%Y-%m-%d %H:%M:%S %Z", &parts);
}

/* What happened, in one sentence; "" where the headline says it all. */
static void cause_of(const struct show *show, char *text, size_t capacity)
{
    const json_t *crash = json_object_get(show->report, "crash");
    const json_t *alarm = json_object_get(show->report, "alarm");

    if (alarm) {
        snprintf(text, capacity, "%.60s: %.300s", view_text(alarm, "rule"),
                 view_text(alarm, "detail"));
    } else {
        snprintf(text, capacity, "%s", view_text(crash, "cause"));
    }
}

static void show_headline(const struct show *show)
{
    const json_t *crash = json_object_get(show->report, "crash");
    const json_t *end = json_object_get(show->report, "termination");
    const json_t *signal = json_object_get(crash, "signal");
    char cause[1100];
    char title[VIEW_TITLE_BYTES];

    view_title(show->report, title);
    fputs(bold(show), show->out);
    view_print(show->out, title);
    if (crash) {
        fprintf(show->out, " (%s)", view_text(signal, "codeName"));
    } else if (end) {
        fprintf(show->out, ", evidence of grade %s", view_text(end, "grade"));
    }
    fprintf(show->out, "%s\n", plain(show));
    cause_of(show, cause, sizeof cause);
    if (*cause != '\0') {
        fputs("  ", show->out);
        view_print(show->out, cause);
        putc('\n', show->out);
    }
}

static void show_exception(const struct show *show, const json_t *crash)
{
    const json_t *exception = json_object_get(crash, "exception");
    char text[1100];

    if (!exception)
        return;
    const char *message = view_text(exception, "message");
    snprintf(text, sizeof text, "%.300s%s%.700s", view_text(exception, "type"),
             *message ? ": " : "", message);
    row(show, "Exception", text);
}

static void show_app(const struct show *show)
{
    const json_t *app = json_object_get(show->report, "app");
    const json_t *process = json_object_get(show->report, "process");
    char text[400];
    uint64_t pid = 0;
    uint64_t uptime_ms = 0;

    snprintf(text, sizeof text, "%.150s%s%.80s%s%.30s", view_text(app, "name"),
             *view_text(app, "version") ? " " : "", view_text(app, "version"),
             json_object_get(app, "upgradeStatus") ? ", " : "",
             view_text(app, "upgradeStatus"));
    row(show, "App", text);
    row(show, "Executable", view_text(process, "executable"));
    if (!view_number(process, "pid", &pid))
        return;
    int size = snprintf(text, sizeof text, "pid %" PRIu64, pid);
    if (view_number(process, "uptimeMs", &uptime_ms)) {
        snprintf(text + size, sizeof text - (size_t)size, ", ran %.1f s",
                 (double)uptime_ms / 1000.0);
    }
    row(show, "Process", text);
}

static void show_facts(const struct show *show)
{
    const json_t *crash = json_object_get(show->report, "crash");
    const json_t *signal = json_object_get(crash, "signal");
    const json_t *device = json_object_get(show->report, "device");
    char text[512];

    putc('\n', show->out);
    row(show, "Report", view_text(show->report, "reportId"));
    local_time(view_text(show->report, "time"), text, sizeof text);
    row(show, "Time", text);
    show_app(show);
    row(show, "Fault at", view_text(signal, "faultAddress"));
    row(show, "Access", view_text(crash, "access"));
    row(show, "Near", view_text(crash, "nearestMapping"));
    row(show, "Abort text", view_text(crash, "abortMessage"));
    show_exception(show, crash);
    row(show, "Phase", view_text(crash, "phase"));
    snprintf(text, sizeof text, "%.60s %.60s, Linux %.80s, %.30s",
             view_text(device, "osName"), view_text(device, "osVersion"),
             view_text(device, "kernel"), view_text(device, "architecture"));
    row(show, "System", device ? text : "");
    view_tier(show->report, text, sizeof text);
    row(show, "Captured by", text);
}

static void show_list(const struct show *show, const char *title,
                      const json_t *sentences)
{
    size_t index;
    json_t *sentence;

    if (json_array_size(sentences) == 0)
        return;
    heading(show, title);
    json_array_foreach((json_t *)(uintptr_t)sentences, index, sentence)
    {
        fputs("  ", show->out);
        view_print(show->out, json_string_value(sentence));
        putc('\n', show->out);
    }
}

/* The highest of samples [begin, end); false where none has the figure. */
static bool highest(const json_t *samples, const char *key, size_t begin,
                    size_t end, uint64_t *ret_value)
{
    bool known = false;

    for (size_t i = begin; i < end; i++) {
        uint64_t value = 0;
        if (!view_number(json_array_get(samples, i), key, &value))
            continue;
        if (!known || value > *ret_value)
            *ret_value = value;
        known = true;
    }
    return known;
}

void show_sparkline(const json_t *samples, const char *key, unsigned columns,
                    char ret_line[SPARKLINE_BYTES])
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄",
                                         "▅", "▆", "▇", "█"};
    size_t count = json_array_size(samples);
    uint64_t values[SPARKLINE_COLUMNS_MAX];
    uint64_t high = 1;

    ret_line[0] = '\0';
    if (columns > SPARKLINE_COLUMNS_MAX)
        columns = SPARKLINE_COLUMNS_MAX;
    if (count < columns)
        columns = (unsigned)count;
    for (unsigned i = 0; i < columns; i++) {
        if (!highest(samples, key, i * count / columns,
                     (i + 1) * count / columns, &values[i]))
            values[i] = i > 0 ? values[i - 1] : 0;
        if (values[i] > high)
            high = values[i];
    }
    for (unsigned i = 0; i < columns; i++) {
        uint64_t step = (values[i] / 8 * 7 + values[i] / 8) / (high / 7 + 1);
        ret_line = stpncpy(ret_line, blocks[step < 8 ? step : 7], 4);
    }
    *ret_line = '\0';
}

/* Swap is only in each tenth sample or so. */
static bool last_known(const json_t *samples, const char *key,
                       uint64_t *ret_value)
{
    for (size_t i = json_array_size(samples); i > 0; i--) {
        if (view_number(json_array_get(samples, i - 1), key, ret_value))
            return true;
    }
    return false;
}

static void show_series(const struct show *show, const char *label,
                        const char *key)
{
    const json_t *samples =
        json_object_get(json_object_get(show->report, "memory"), "samples");
    char line[SPARKLINE_BYTES];
    char text[SPARKLINE_BYTES + 2 * VIEW_BYTES_TEXT];
    char size[VIEW_BYTES_TEXT];
    uint64_t last = 0;

    if (!last_known(samples, key, &last))
        return;
    view_bytes(last, size);
    if (json_array_size(samples) == 1) {
        row(show, label, size);
        return;
    }
    show_sparkline(samples, key, show->width > 100 ? 60 : 40, line);
    snprintf(text, sizeof text, "%s %s", line, size);
    row(show, label, text);
}

static void show_memory(const struct show *show)
{
    const json_t *samples =
        json_object_get(json_object_get(show->report, "memory"), "samples");
    size_t count = json_array_size(samples);
    int64_t first = 0;
    int64_t last = 0;
    uint64_t swapped = 0;
    char title[80];

    if (count == 0)
        return;
    if (clock_parse(view_text(json_array_get(samples, 0), "time"), &first) ==
            0 &&
        clock_parse(view_text(json_array_get(samples, count - 1), "time"),
                    &last) == 0) {
        if (count == 1) {
            snprintf(title, sizeof title, "Memory");
        } else if (last - first < 1000) {
            snprintf(title, sizeof title, "Memory, less than a second");
        } else {
            snprintf(title, sizeof title, "Memory, the last %.0f s",
                     (double)(last - first) / 1000.0);
        }
    } else {
        snprintf(title, sizeof title, "Memory");
    }
    heading(show, title);
    show_series(show, "Resident", "rssBytes");
    show_series(show, "Anonymous", "anonBytes");
    if (highest(samples, "swapBytes", 0, count, &swapped) && swapped > 0)
        show_series(show, "Swapped", "swapBytes");
    show_series(show, "Cgroup", "cgroupCurrentBytes");
    show_series(show, "Limit", "cgroupLimitBytes");
}

static void show_pairs(const struct show *show, const json_t *pairs)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)pairs, key, value)
    {
        putc(' ', show->out);
        view_print(show->out, key);
        putc('=', show->out);
        view_print(show->out,
                   json_string_value(value) ? json_string_value(value) : "");
    }
}

static void show_actions(const struct show *show)
{
    const json_t *actions = json_object_get(show->report, "actions");
    size_t count = json_array_size(actions);
    char time[48];

    if (count == 0)
        return;
    heading(show, "Actions before it");
    for (size_t i = count > ACTIONS_SHOWN ? count - ACTIONS_SHOWN : 0;
         i < count; i++) {
        const json_t *action = json_array_get(actions, i);
        local_time(view_text(action, "time"), time, sizeof time);
        fprintf(show->out, "  %s ", time);
        view_print(show->out, view_text(action, "name"));
        show_pairs(show, json_object_get(action, "attributes"));
        putc('\n', show->out);
    }
}

static void show_annotations(const struct show *show)
{
    const json_t *annotations = json_object_get(show->report, "annotations");

    if (json_object_size(annotations) == 0)
        return;
    heading(show, "Annotations");
    putc(' ', show->out);
    show_pairs(show, annotations);
    putc('\n', show->out);
}

void show_text(const struct show *show)
{
    const json_t *end = json_object_get(show->report, "termination");
    const json_t *modules = json_object_get(show->report, "modules");

    show_headline(show);
    show_facts(show);
    show_list(show, "Evidence", json_object_get(end, "evidence"));
    show_threads(show);
    show_memory(show);
    show_actions(show);
    show_annotations(show);
    if (json_array_size(modules) > 0) {
        heading(show, "Modules");
        fprintf(show->out, "  %zu loaded files; --json lists them\n",
                json_array_size(modules));
    }
    show_list(show, "Not known", json_object_get(show->report, "notes"));
    show_list(show, "Symbols", show->missing);
}
