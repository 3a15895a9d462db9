/* Look-ups in the generated class table. Context: tool. */
#include "proto/data_class.h"

#include <string.h>
#include <strings.h>

#include "proto/base/err.h"

static const char *const names[CLASS_COUNT] = {
    "UNSPECIFIED", "REQUIRED", "DETECTION", "OPTIONAL", "FEEDBACK", "SENSITIVE",
};

/* Who walks a message asks for neighbours: the search goes on where the last
 * one ended. */
const struct data_field *data_field_find(const char *message, uint32_t number)
{
    static _Thread_local size_t at;

    for (size_t i = 0; i < data_field_count; i++) {
        const struct data_field *field = &data_fields[at];
        if (field->number == number && strcmp(field->message, message) == 0)
            return field;
        at = at + 1 < data_field_count ? at + 1 : 0;
    }
    return NULL;
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
