/* Forgetting by the schema. Context: tool. */
#include "collector/intake/retention.h"

#include <stdbool.h>

#include "proto/class_filter.h"
#include "proto/message_walk.h"

#define REPORT_ID_FIELD 1
#define KIND_FIELD      2
#define TIME_FIELD      3

struct trim {
    unsigned age_days, days_max;
    bool clear;
    unsigned next_days; /* 0: none */
};

static unsigned days_of(const struct trim *trim, const struct field_view *view)
{
    unsigned days = view->data ? view->data->retention_days : 0;

    return days < trim->days_max ? days : trim->days_max;
}

static bool is_identity(const ProtobufCMessage *message,
                        const struct field_view *view)
{
    uint32_t number = view->descriptor->id;

    return message->descriptor == &inquest__v1__report__descriptor &&
           (number == REPORT_ID_FIELD || number == KIND_FIELD ||
            number == TIME_FIELD);
}

static void note_next(struct trim *trim, unsigned days)
{
    if (trim->next_days == 0 || days < trim->next_days)
        trim->next_days = days;
}

static void walk(struct trim *trim, ProtobufCMessage *message, int depth)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        struct field_view view = field_view_bare(message, i);
        if (view.count == 0 || is_identity(message, &view))
            continue;
        view = field_view(message, i); /* what the schema says costs a search */
        unsigned days = days_of(trim, &view);
        if (days <= trim->age_days && trim->clear) {
            class_clear_field(&view);
            continue;
        }
        if (view.descriptor->type != PROTOBUF_C_TYPE_MESSAGE ||
            depth == MESSAGE_DEPTH_MAX) {
            note_next(trim, days);
            continue;
        }
        note_next(trim, days);
        for (size_t j = 0; j < view.count; j++) {
            walk(trim, *(ProtobufCMessage **)field_element(&view, j),
                 depth + 1);
        }
    }
}

unsigned retention_trim(Inquest__V1__Report *report, unsigned age_days,
                        unsigned days_max)
{
    struct trim trim = {age_days, days_max, true, 0};

    walk(&trim, &report->base, 0);
    return trim.next_days;
}

/* Looks at the report's own fields and one below: frames are many, and alike.
 */
unsigned retention_first(const Inquest__V1__Report *report, unsigned days_max)
{
    struct trim trim = {0, days_max, false, 0};
    ProtobufCMessage *message = (ProtobufCMessage *)(uintptr_t)&report->base;

    walk(&trim, message, MESSAGE_DEPTH_MAX - 2);
    return trim.next_days;
}
