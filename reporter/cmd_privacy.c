/* inquest privacy: the data inventory, from the schema. Context: tool. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "proto/data_class.h"
#include "reporter/commands.h"
#include "reporter/consent.h"

static void print_json(void)
{
    json_t *fields = json_array();

    for (size_t i = 0; i < data_field_count; i++) {
        const struct data_field *field = &data_fields[i];
        json_array_append_new(
            fields,
            json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s}", "message",
                      field->message, "field", field->json_name, "class",
                      data_class_name(field->class), "purpose", field->purpose,
                      "retentionDays", (int)field->retention_days, "example",
                      field->example, "comment", field->comment));
    }
    json_t *all = json_pack("{s:i,s:o}", "noticeVersion",
                            CONSENT_NOTICE_VERSION, "fields", fields);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static void print_text(void)
{
    const char *message = "";

    printf("Privacy notice, version %d. Nothing leaves without an endpoint; "
           "inquest status says what\nwould leave now, inquest preview shows "
           "the very bytes.\n",
           CONSENT_NOTICE_VERSION);
    for (size_t i = 0; i < data_field_count; i++) {
        const struct data_field *field = &data_fields[i];
        if (strcmp(message, field->message) != 0)
            printf("\n%s\n", field->message);
        message = field->message;
        printf("  %-22s %-9s %-15s %3u days  %s%s%s\n", field->json_name,
               data_class_name(field->class), field->purpose,
               field->retention_days, field->comment,
               field->example[0] ? " e.g. " : "", field->example);
    }
}

int cmd_privacy(const struct invocation *invocation)
{
    if (option_given(invocation, "json")) {
        print_json();
    } else {
        print_text();
    }
    return EX_OK;
}
