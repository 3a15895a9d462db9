/* inquest export: a report on standard output. Context: tool. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "proto/class_filter.h"
#include "proto/data_class.h"
#include "proto/report_json.h"
#include "reporter/app/app_fill.h"
#include "reporter/command/commands.h"
#include "reporter/consent/redact.h"
#include "reporter/log.h"
#include "reporter/show/json_text.h"
#include "reporter/show/show_text.h"
#include "reporter/show/symbols.h"
#include "reporter/show/view.h"

/*
 * Fit for a public bug tracker: no ids of machines or accounts, no names, no
 * actions or annotations, which hold what the program chose to write there.
 */
static void drop_private(json_t *json)
{
    static const char *const members[] = {
        "account",  "actions",  "annotations", "detection",
        "feedback", "features", "sensitive",   "usage"};

    for (size_t i = 0; i < ARRAY_LENGTH(members); i++)
        json_object_del(json, members[i]);
    json_object_del(json_object_get(json, "device"), "installationId");
    json_object_del(json_object_get(json, "device"), "macAddress");
}

/* In its place; fails without memory. */
static int redact_string(const struct redact *redact, json_t *string)
{
    char *text = NULL;

    int r = redact_text(redact, json_string_value(string), &text);
    if (r > 0)
        r = json_string_set(string, text);
    free(text);
    return r;
}

/*
 * Every string of the report, whether the schema calls it free text or not.
 * Fails without memory.
 */
static int redact_json(const struct redact *redact, json_t *value)
{
    const char *key;
    size_t index;
    json_t *member;
    int r = json_is_string(value) ? redact_string(redact, value) : 0;

    json_object_foreach(value, key, member)
    {
        if (r == 0)
            r = redact_json(redact, member);
    }
    json_array_foreach(value, index, member)
    {
        if (r == 0)
            r = redact_json(redact, member);
    }
    return r;
}

/*
 * Names of threads and the words of a dying program: as they would leave for
 * a collector, in place of those that symbols were looked up with. Fails
 * without memory, as what follows.
 */
static int take_known_texts(json_t *json, const json_t *redacted)
{
    json_t *threads = json_object_get(json, "threads");
    const json_t *from = json_object_get(redacted, "threads");
    json_t *crash = json_object_get(redacted, "crash");
    size_t index;
    json_t *thread;
    int r = redacted ? 0 : -1;

    json_array_foreach(threads, index, thread)
    {
        json_t *name = json_object_get(json_array_get(from, index), "name");
        if (name)
            r |= json_object_set(thread, "name", name);
    }
    if (crash)
        r |= json_object_set(json, "crash", crash);
    return r;
}

/* Registers may hold eight bytes of anything: but for where it was. */
static int drop_registers(json_t *json)
{
    static const char *const kept[] = {"rip", "rsp", "rbp"};
    size_t index;
    json_t *thread;
    int r = 0;

    json_array_foreach(json_object_get(json, "threads"), index, thread)
    {
        json_t *registers = json_object_get(thread, "registers");
        json_t *few = json_object();
        for (size_t i = 0; registers && i < ARRAY_LENGTH(kept); i++) {
            json_t *value = json_object_get(registers, kept[i]);
            if (value)
                r |= json_object_set(few, kept[i], value);
        }
        if (registers)
            r |= json_object_set(thread, "registers", few);
        json_decref(few);
    }
    return r;
}

static int open_public(const struct home *home, const char *id,
                       json_t **ret_report)
{
    OWNED_REPORT *report = NULL;
    struct redact redact;

    int r = reports_load(&home->queue, id, &report);
    if (r == 0) {
        app_fill(home, report);
        r = report_expand_frames(report);
    }
    if (r < 0)
        return r;
    (void)class_filter(&report->base, CLASS_BIT(CLASS_REQUIRED), NULL);
    json_t *json = report_to_json(&report->base);
    if (!json)
        return -ENOMEM;
    symbols_fill_one(NULL, json, NULL); /* needs the paths as they are */
    redact_init_home(home, &redact);
    redact_report(&redact, report);
    json_t *redacted = report_to_json(&report->base);
    r = take_known_texts(json, redacted);
    json_decref(redacted);
    drop_private(json);
    if (r != 0 || drop_registers(json) != 0 ||
        redact_json(&redact, json) != 0) {
        json_decref(json);
        return -ENOMEM;
    }
    *ret_report = json;
    return 0;
}

static int open_whole(const struct home *home, const char *id,
                      json_t **ret_report)
{
    int r = view_open(home, id, ret_report);

    if (r == 0)
        symbols_fill_one(NULL, *ret_report, NULL);
    return r;
}

int cmd_export(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    struct stored_report found;
    json_t *report = NULL;

    int status = command_home(&home);
    if (status == 0)
        status = command_report(&home, operand(invocation, 0), &found);
    if (status != 0)
        return status;
    int r = option_given(invocation, "public")
                ? open_public(&home, found.id, &report)
                : open_whole(&home, found.id, &report);
    if (r < 0) {
        log_error("report %s cannot be exported: %s", found.id, err_text(r));
        return exit_status(r);
    }
    if (option_given(invocation, "text")) {
        struct show show = {.report = report, .out = stdout, .width = 100};
        show_text(&show);
    } else {
        json_text_print(report, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(report);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
