/* Consent as a table. Context: tool. */
#include "reporter/consent/consent_status.h"

#include <stdbool.h>
#include <time.h>

#include "proto/data_class.h"
#include "reporter/consent/notice.h"
#include "reporter/show/terminal.h"
#include "reporter/state_file.h"

#define CLASS_COLUMN 11 /* behind the longest name of a class */

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

/* " 2026-11-25 10:12, uid:0, command": when, who and how. */
static void print_word(const struct consent_word *word, FILE *out)
{
    time_t seconds = (time_t)(word->time_unix_ms / 1000);
    struct tm parts;
    char text[32];

    if (word->time_unix_ms == 0)
        return;
    localtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
    fprintf(out, " %s, %s, %s", text, word->actor, word->way);
}

/* Who decides over one class, and since when. */
static void print_reason(const struct home *home, enum data_class class,
                         FILE *out)
{
    const struct consent_word *word = &home->consent.words[class];
    enum consent_layer layer = decides_now(home, class);
    bool ruled = class == CLASS_REQUIRED && home->policy.required_by_rule;
    bool granted = layer == CONSENT_ALLOWED && word->state == CONSENT_GRANTED;

    fprintf(out, "%s: ", layer == CONSENT_ALLOWED ? "may leave" : "stays");
    fputs(ruled     ? "set by your administrator"
          : granted ? "you granted it"
                    : consent_layer_text(layer),
          out);
    if (ruled && layer != CONSENT_ALLOWED)
        fprintf(out, ", but %s", consent_layer_text(layer));
    if (!ruled && (granted || layer == CONSENT_BY_USER))
        print_word(word, out);
    fputc('\n', out);
}

void consent_status_print(const struct home *home, FILE *out, unsigned width)
{
    for (int i = CLASS_REQUIRED; i < CLASS_COUNT; i++) {
        enum data_class class = (enum data_class)i;
        fprintf(out, "%-*s", CLASS_COLUMN, data_class_name(class));
        print_reason(home, class, out);
        fprintf(out, "%*s", CLASS_COLUMN, "");
        terminal_wrap(out, notice_what(class), CLASS_COLUMN, width);
    }
}
