/* A report for readers. Context: tool. */
#include "reporter/show/view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "proto/report_json.h"
#include "reporter/app/app_fill.h"
#include "reporter/queue/reports.h"

const char *view_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

bool view_number(const json_t *object, const char *key, uint64_t *ret_value)
{
    const json_t *value = json_object_get(object, key);
    char *end = NULL;

    if (json_is_integer(value)) {
        *ret_value = (uint64_t)json_integer_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    if (!text || *text == '\0')
        return false;
    uint64_t number = strtoull(text, &end, 0);
    if (*end != '\0')
        return false;
    *ret_value = number;
    return true;
}

void view_print(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        unsigned char next = (unsigned char)text[1];
        bool c1_control = c == 0xc2 && next >= 0x80 && next <= 0x9f;
        if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
            c = '?';
        if (c1_control) {
            c = '?';
            text++;
        }
        putc(c, out);
    }
}

void view_bytes(uint64_t bytes, char ret_text[VIEW_BYTES_TEXT])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1024 && unit + 1 < ARRAY_LENGTH(units)) {
        value /= 1024;
        unit++;
    }
    snprintf(ret_text, VIEW_BYTES_TEXT, unit == 0 ? "%.0f %s" : "%.1f %s",
             value, units[unit]);
}

bool view_is_guest(const json_t *frame)
{
    const char *module = view_text(frame, "module");
    const char *slash = strrchr(module, '/');

    return strcmp(slash ? slash + 1 : module, "libinquest.so") == 0;
}

/* Each frame but the first was found to be code before it was believed. */
static bool is_generated(const json_t *frame)
{
    const char *trust = view_text(frame, "trust");

    return *trust != '\0' && strcmp(trust, "CONTEXT") != 0;
}

void view_frame(const json_t *frame, char ret_text[VIEW_FRAME_TEXT])
{
    const char *module = view_text(frame, "module");
    const char *function = view_text(frame, "function");
    const char *file = view_text(frame, "file");
    const char *slash = strrchr(module, '/');
    const char *name = slash ? slash + 1 : module;
    uint64_t line = 0;
    int size;

    (void)view_number(frame, "line", &line); /* 0: none */
    if (*function == '\0' && *module == '\0') {
        snprintf(ret_text, VIEW_FRAME_TEXT, "%s%s", view_text(frame, "pc"),
                 is_generated(frame) ? " (generated code)" : "");
        return;
    }
    if (*function == '\0') {
        snprintf(ret_text, VIEW_FRAME_TEXT, "%.200s+%s", name,
                 view_text(frame, "moduleOffset"));
        return;
    }
    size = snprintf(ret_text, VIEW_FRAME_TEXT, "%.400s", function);
    if (*file != '\0') {
        size += snprintf(ret_text + size, VIEW_FRAME_TEXT - (size_t)size,
                         " at %.300s:%" PRIu64, file, line);
    }
    snprintf(ret_text + size, VIEW_FRAME_TEXT - (size_t)size, " (%.200s)",
             name);
}

const char *view_trust(const json_t *frame)
{
    const char *trust = view_text(frame, "trust");

    if (strcmp(trust, "SCAN") == 0)
        return " [a guess]";
    return strcmp(trust, "FRAME_POINTER") == 0 ? " [by frame pointer]" : "";
}

void view_repeat(const json_t *thread, uint64_t index,
                 char ret_text[VIEW_REPEAT_TEXT])
{
    size_t i;
    json_t *repeat;

    ret_text[0] = '\0';
    json_array_foreach(json_object_get(thread, "repeated"), i, repeat)
    {
        uint64_t after = 0;
        uint64_t period = 0;
        uint64_t count = 0;
        if (!view_number(repeat, "afterFrame", &after) || after != index ||
            !view_number(repeat, "count", &count))
            continue;
        if (view_number(repeat, "period", &period) && period > 0) {
            snprintf(ret_text, VIEW_REPEAT_TEXT,
                     "… %" PRIu64 " more frames repeat the last %" PRIu64,
                     count, period);
        } else {
            snprintf(ret_text, VIEW_REPEAT_TEXT,
                     "… %" PRIu64 " frames are left out here", count);
        }
    }
}

bool view_same_stack(const json_t *a, const json_t *b)
{
    const json_t *left = json_object_get(a, "frames");
    const json_t *right = json_object_get(b, "frames");
    size_t index;
    json_t *frame;

    if (json_array_size(left) != json_array_size(right))
        return false;
    json_array_foreach(left, index, frame)
    {
        if (!json_equal(json_object_get(frame, "pc"),
                        json_object_get(json_array_get(right, index), "pc")))
            return false;
    }
    return true;
}

void view_tier(const json_t *report, char *text, size_t capacity)
{
    const json_t *tier = json_object_get(report, "tier");
    const char *reason = view_text(tier, "reason");
    uint64_t elapsed_us = 0;
    int size = snprintf(text, capacity, "%s", view_text(tier, "name"));

    if (view_number(tier, "elapsedUs", &elapsed_us)) {
        bool still = strcmp(view_text(report, "kind"), "SNAPSHOT") == 0;
        size += snprintf(text + size, capacity - (size_t)size, "%s %.1f ms%s",
                         still ? ", while the program stood still for" : ",",
                         (double)elapsed_us / 1000.0,
                         still ? "" : " after the signal");
    }
    if (*reason != '\0')
        snprintf(text + size, capacity - (size_t)size, " (%.200s)", reason);
}

static void snapshot_words(const json_t *report, char *text, size_t capacity)
{
    size_t count = json_array_size(json_object_get(report, "threads"));

    snprintf(text, capacity, ": snapshot of %zu thread%s", count,
             count == 1 ? "" : "s");
}

/* A report without a kind is a program that is being looked at. */
static void happened(const json_t *report, char *text, size_t capacity)
{
    const json_t *crash = json_object_get(report, "crash");
    const json_t *end = json_object_get(report, "termination");
    const char *kind = view_text(report, "kind");

    if (crash) {
        snprintf(text, capacity, " crashed: %.40s",
                 view_text(json_object_get(crash, "signal"), "name"));
    } else if (end) {
        const char *cause = view_text(end, "cause");
        snprintf(text, capacity, " ended%s%.40s", *cause ? ": " : "", cause);
    } else if (strcmp(kind, "SNAPSHOT") == 0) {
        snapshot_words(report, text, capacity);
    } else if (strcmp(kind, "MEMORY_ALARM") == 0) {
        snprintf(text, capacity, ": memory alarm, %.40s",
                 view_text(json_object_get(report, "alarm"), "rule"));
    } else {
        snprintf(text, capacity, "%s%.40s", *kind ? ": " : " is running", kind);
    }
}

void view_title(const json_t *report, char ret_text[VIEW_TITLE_BYTES])
{
    const char *name = view_text(json_object_get(report, "app"), "name");
    int size = snprintf(ret_text, VIEW_TITLE_BYTES, "%.150s",
                        *name ? name : "program");

    happened(report, ret_text + size, VIEW_TITLE_BYTES - (size_t)size);
}

int view_open(const struct home *home, const char *id, json_t **ret_report)
{
    OWNED_REPORT *report = NULL;

    int r = reports_load(&home->queue, id, &report);
    if (r < 0)
        return r;
    app_fill(home, report);
    r = report_expand_frames(report);
    if (r < 0)
        return r;
    json_t *json = report_to_json(&report->base);
    if (!json)
        return -ENOMEM;
    *ret_report = json;
    return 0;
}
