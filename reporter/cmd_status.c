/*
 * inquest status: what waits, what would be sent, who decides.
 * Context: tool.
 */
#include <jansson.h>
#include <stdio.h>

#include "proto/base/err.h"
#include "reporter/commands.h"
#include "reporter/log.h"

static size_t count_in(const struct reports *reports, enum queue_place place)
{
    size_t count = 0;

    for (size_t i = 0; i < reports->count; i++)
        count += reports->items[i].place == place;
    return count;
}

static json_t *classes_json(const struct home *home)
{
    struct consent_layers layers = home_layers(home);
    struct consent_report report = {.epoch = home->consent.epoch};
    json_t *classes = json_object();

    for (int i = CLASS_REQUIRED; i < CLASS_COUNT; i++) {
        enum data_class class = (enum data_class)i;
        enum consent_layer layer = consent_decides(class, &layers, &report);
        json_object_set_new(classes, data_class_name(class),
                            json_pack("{s:b,s:s}", "sent",
                                      layer == CONSENT_ALLOWED, "decidedBy",
                                      consent_layer_text(layer)));
    }
    return classes;
}

static void print_text(const json_t *status)
{
    const char *endpoint =
        json_string_value(json_object_get(status, "endpoint"));
    const char *name;
    json_t *value;

    printf("State      %s\n",
           json_string_value(json_object_get(status, "stateDirectory")));
    printf("Endpoint   %s\n",
           endpoint ? endpoint : "none: nothing leaves this machine");
    json_object_foreach(json_object_get(status, "queue"), name, value)
        printf("%-10s %" JSON_INTEGER_FORMAT " reports\n", name,
               json_integer_value(value));
    json_object_foreach(json_object_get(status, "classes"), name, value)
    {
        bool sent = json_is_true(json_object_get(value, "sent"));
        printf("%-10s %s%s\n", name, sent ? "may be sent" : "kept back by ",
               sent ? ""
                    : json_string_value(json_object_get(value, "decidedBy")));
    }
}

int cmd_status(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    OWNED_REPORTS reports = {0};

    int status = command_home(&home);
    if (status != 0)
        return status;
    int r = reports_list(&home.queue, &reports);
    if (r < 0) {
        log_error("cannot read the queue: %s", err_text(r));
        return exit_status(r);
    }
    json_t *json = json_pack("{s:s,s:s?,s:{s:I,s:I,s:I},s:o}", "stateDirectory",
                             home.state_path, "endpoint",
                             config_get(&home.config, "endpoint"), "queue",
                             "new", (json_int_t)count_in(&reports, QUEUE_NEW),
                             "busy", (json_int_t)count_in(&reports, QUEUE_BUSY),
                             "sent", (json_int_t)count_in(&reports, QUEUE_SENT),
                             "classes", classes_json(&home));
    if (option_given(invocation, "json")) {
        json_dumpf(json, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        print_text(json);
    }
    json_decref(json);
    return 0;
}
