/* Look-ups in the generated class table. Context: tool. */
#include "proto/data_class.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/base/err.h"

static const char *const names[CLASS_COUNT] = {
    "UNSPECIFIED", "REQUIRED", "DETECTION", "OPTIONAL", "FEEDBACK", "SENSITIVE",
};

static int compare_name(const void *name, const void *message)
{
    return strcmp(name, ((const struct data_message *)message)->name);
}

/* Fields are mostly numbered as they stand; else one after the other. */
static const struct data_field *field_of(const struct data_message *message,
                                         uint32_t number)
{
    if (number >= 1 && number <= message->count &&
        message->fields[number - 1].number == number)
        return &message->fields[number - 1];
    for (size_t i = 0; i < message->count; i++) {
        if (message->fields[i].number == number)
            return &message->fields[i];
    }
    return NULL;
}

/* Who walks a report asks for one message's fields after each other. */
const struct data_field *data_field_find(const char *message, uint32_t number)
{
    static _Thread_local const struct data_message *last;
    const struct data_message *found = last;

    if (!found || strcmp(found->name, message) != 0) {
        found = bsearch(message, data_messages, data_message_count,
                        sizeof *data_messages, compare_name);
    }
    if (!found)
        return NULL;
    last = found;
    return field_of(found, number);
}

const char *data_class_name(enum data_class class)
{
    return names[(unsigned)class < CLASS_COUNT ? class : CLASS_UNSPECIFIED];
}

int data_class_parse(const char *name, enum data_class *ret_class)
{
    for (int i = CLASS_REQUIRED; i < CLASS_COUNT; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            *ret_class = (enum data_class)i;
            return 0;
        }
    }
    return -ERR_NOT_FOUND;
}
