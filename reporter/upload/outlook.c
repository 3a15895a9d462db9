/* Counting verdicts. Context: tool. */
#include "reporter/upload/outlook.h"

#include <stdlib.h>

#include "proto/base/err.h"
#include "proto/report_codec.h"
#include "reporter/queue/reports.h"
#include "reporter/upload/outgoing.h"

static void look_sealed(const struct home *home, const char *id,
                        struct outlook *outlook)
{
    OWNED_OUTGOING outgoing = {0};
    uint8_t *data = NULL;
    size_t size = 0;

    int r = reports_read(&home->queue, id, &data, &size);
    if (r == 0)
        r = outgoing_sealed(home, id, (struct span){data, size}, &outgoing);
    free(data);
    if (r == 0) {
        outlook->may++;
    } else if (r == -ERR_DENIED) {
        outlook->stay[outgoing.denied_class][outgoing.decided]++;
    } else {
        outlook->unreadable++;
    }
}

static void look(const struct home *home, const char *id,
                 struct outlook *outlook)
{
    OWNED_REPORT *report = NULL;
    enum data_class class = CLASS_REQUIRED;

    outlook->looked++;
    int r = reports_load(&home->queue, id, &report);
    if (r == -ERR_SEALED) {
        look_sealed(home, id, outlook);
        return;
    }
    if (r < 0) {
        outlook->unreadable++;
        return;
    }
    enum consent_layer layer = outgoing_decides(home, report, &class);
    if (layer == CONSENT_ALLOWED) {
        outlook->may++;
    } else {
        outlook->stay[class][layer]++;
    }
}

int outlook_read(const struct home *home, struct outlook *ret_outlook)
{
    OWNED_REPORTS reports = {0};
    const char *endpoint = config_get(&home->config, "endpoint");

    *ret_outlook = (struct outlook){.endpoint = endpoint && *endpoint != '\0'};
    int r = reports_list(&home->queue, &reports);
    for (size_t i = 0; r >= 0 && i < reports.count; i++) {
        const struct stored_report *item = &reports.items[i];
        if (item->place != QUEUE_NEW && item->place != QUEUE_BUSY)
            continue;
        ret_outlook->waiting++;
        if (ret_outlook->looked < OUTLOOK_REPORTS_MAX)
            look(home, item->id, ret_outlook);
    }
    return r < 0 ? r : 0;
}

/* Calls visit with each reason that keeps a report here. */
static void each_reason(const struct outlook *outlook,
                        void (*visit)(void *context, enum data_class class,
                                      enum consent_layer layer, unsigned count),
                        void *context)
{
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        for (int layer = 0; layer < CONSENT_LAYERS; layer++) {
            unsigned count = outlook->stay[class][layer];
            if (count > 0) {
                visit(context, (enum data_class) class,
                      (enum consent_layer)layer, count);
            }
        }
    }
}

static void append_reason(void *array, enum data_class class,
                          enum consent_layer layer, unsigned count)
{
    json_array_append_new(array,
                          json_pack("{s:i,s:s,s:s}", "count", (int)count,
                                    "class", data_class_name(class),
                                    "decidedBy", consent_layer_text(layer)));
}

json_t *outlook_json(const struct outlook *outlook)
{
    json_t *stay = json_array();

    each_reason(outlook, append_reason, stay);
    return json_pack("{s:i,s:i,s:o}", "waiting", (int)outlook->waiting, "leave",
                     outlook->endpoint ? (int)outlook->may : 0, "stay", stay);
}

static void print_reason(void *out, enum data_class class,
                         enum consent_layer layer, unsigned count)
{
    fprintf(out, "           %u stay%s: %s, %s\n", count, count == 1 ? "s" : "",
            data_class_name(class), consent_layer_text(layer));
}

void outlook_print(const struct outlook *outlook, FILE *out)
{
    fputs("Sends now  ", out);
    if (!outlook->endpoint) {
        fputs("nothing: no endpoint is configured\n", out);
    } else if (outlook->waiting == 0) {
        fputs("nothing: no report waits\n", out);
    } else {
        fprintf(out, "%u of %u waiting\n", outlook->may, outlook->looked);
    }
    each_reason(outlook, print_reason, out);
    if (outlook->unreadable > 0) {
        fprintf(out, "           %u cannot be read\n", outlook->unreadable);
    }
    if (outlook->looked < outlook->waiting) {
        fprintf(out, "           %u more were not looked into\n",
                outlook->waiting - outlook->looked);
    }
}
