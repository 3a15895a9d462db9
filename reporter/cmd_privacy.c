/*
 * inquest privacy: every field of the schema with class, purpose and
 * retention, from the generated table. Context: tool.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "proto/data_class.h"
#include "reporter/commands.h"

static json_t *field_json(const struct data_field *field)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s}", "message", field->message,
                     "field", field->json_name, "class",
                     data_class_name(field->class), "purpose", field->purpose,
                     "retentionDays", (json_int_t)field->retention_days,
                     "example", field->example, "comment", field->comment);
}

int cmd_privacy(const struct invocation *invocation)
{
    const char *message = "";
    bool json = option_given(invocation, "json");
    json_t *fields = json_array();

    for (size_t i = 0; i < data_field_count; i++) {
        const struct data_field *field = &data_fields[i];
        if (json) {
            json_array_append_new(fields, field_json(field));
            continue;
        }
        if (message != field->message && strcmp(message, field->message) != 0)
            printf("\n%s\n", field->message);
        message = field->message;
        printf("  %-24s %-10s %-16s %3u days  %s\n", field->json_name,
               data_class_name(field->class), field->purpose,
               field->retention_days, field->comment);
    }
    if (json) {
        json_dumpf(fields, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(fields);
    return 0;
}
