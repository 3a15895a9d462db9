/* Consent as a table. Context: tool. */
#include "reporter/consent/consent_status.h"

#include <stdbool.h>

#include "proto/data_class.h"
#include "reporter/consent/notice.h"
#include "reporter/state_file.h"

/* A report made now; SENSITIVE always needs the report to be named. */
static enum consent_layer decides_now(const struct home *home,
                                      enum data_class class)
{
    struct consent_layers layers = home_layers(home);
    struct consent_report now = {.epoch = UINT64_MAX};

    return consent_decides(class, &layers, &now);
}

json_t *consent_status_json(const struct home *home)
{
    json_t *classes = json_object();
    char time[CLOCK_TEXT_BYTES];

    for (int i = CLASS_REQUIRED; i < CLASS_COUNT; i++) {
        enum data_class class = (enum data_class)i;
        const struct consent_word *word = &home->consent.words[i];
        enum consent_layer layer = decides_now(home, class);
        json_t *entry = json_pack(
            "{s:s,s:b,s:s}", "state", consent_state_name(word->state),
            "allowed", layer == CONSENT_ALLOWED, "decidedBy",
            layer == CONSENT_ALLOWED ? "" : consent_layer_text(layer));
        if (word->state != CONSENT_UNSET && word->time_unix_ms != 0) {
            clock_text(word->time_unix_ms, time);
            json_object_set_new(entry, "time", json_string(time));
            json_object_set_new(entry, "actor", json_string(word->actor));
            json_object_set_new(entry, "way", json_string(word->way));
            char notice[16];
            snprintf(notice, sizeof notice, "%08x", word->notice);
            json_object_set_new(entry, "noticeVersion", json_string(notice));
        }
        json_object_set_new(classes, data_class_name(class), entry);
    }
    return json_pack("{s:I,s:b,s:o}", "epoch", (json_int_t)home->consent.epoch,
                     "setByAdministrator", home->policy.required_by_rule,
                     "classes", classes);
}

void consent_status_print(const struct home *home, FILE *out)
{
    for (int i = CLASS_REQUIRED; i < CLASS_COUNT; i++) {
        enum data_class class = (enum data_class)i;
        enum consent_layer layer = decides_now(home, class);
        bool ruled = class == CLASS_REQUIRED && home->policy.required_by_rule;
        fprintf(out, "%-10s %-8s %-9s %s\n", data_class_name(class),
                consent_state_name(home->consent.words[i].state),
                layer == CONSENT_ALLOWED ? "may leave" : "stays",
                notice_what(class));
        if (layer != CONSENT_ALLOWED)
            fprintf(out, "%29s denied by %s\n", "", consent_layer_text(layer));
        if (ruled)
            fprintf(out, "%29s set by your administrator\n", "");
    }
}
