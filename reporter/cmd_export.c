/* inquest export: a report on standard output. Context: tool. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/class_filter.h"
#include "proto/data_class.h"
#include "proto/report_json.h"
#include "reporter/commands.h"
#include "reporter/log.h"
#include "reporter/redact.h"
#include "reporter/show_text.h"
#include "reporter/symbols.h"
#include "reporter/view.h"

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

/* Every string of the report, whether the schema calls it free text or not. */
static void redact_json(const struct redact *redact, json_t *value)
{
    const char *key;
    size_t index;
    json_t *member;
    void *next;

    json_object_foreach_safe(value, next, key, member)
    {
        char *text = json_is_string(member)
                         ? redact_text(redact, json_string_value(member))
                         : NULL;
        if (text)
            json_object_set_new(value, key, json_string(text));
        free(text);
        redact_json(redact, member);
    }
    json_array_foreach(value, index, member)
    {
        char *text = json_is_string(member)
                         ? redact_text(redact, json_string_value(member))
                         : NULL;
        if (text)
            json_array_set_new(value, index, json_string(text));
        free(text);
        redact_json(redact, member);
    }
}

static int open_public(const struct home *home, const char *id,
                       json_t **ret_report)
{
    OWNED_REPORT *report = NULL;
    struct redact redact;

    int r = reports_load(&home->queue, id, &report);
    if (r == 0)
        r = report_expand_frames(report);
    if (r < 0)
        return r;
    (void)class_filter(&report->base, CLASS_BIT(CLASS_REQUIRED), NULL);
    json_t *json = report_to_json(&report->base);
    json_t *missing = json_array();
    if (!json || !missing)
        return -ENOMEM;
    symbols_fill(json, missing); /* needs the paths as they are */
    json_decref(missing);
    drop_private(json);
    redact_init(geteuid(), &redact);
    redact_json(&redact, json);
    *ret_report = json;
    return 0;
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
                : view_open(&home, found.id, false, &report, NULL);
    if (r < 0) {
        log_error("report %s cannot be exported: %s", found.id, err_text(r));
        return exit_status(r);
    }
    if (option_given(invocation, "text")) {
        struct show show = {.report = report, .out = stdout, .width = 100};
        show_text(&show);
    } else {
        json_dumpf(report, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(report);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
