/* protobuf-c messages, generically. Context: tool. */
#include "proto/message_walk.h"

#include <string.h>

#define PACKAGE_PREFIX "inquest.v1."

const char *message_name(const ProtobufCMessageDescriptor *descriptor)
{
    const size_t size = sizeof PACKAGE_PREFIX - 1;

    if (strncmp(descriptor->name, PACKAGE_PREFIX, size) == 0)
        return descriptor->name + size;
    return descriptor->name;
}

size_t message_element_bytes(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

/* Whether a singular proto3 field without presence has a value to tell of. */
static bool is_set(const struct field_view *view)
{
    uint64_t value = 0;

    switch (view->descriptor->type) {
    case PROTOBUF_C_TYPE_STRING: {
        const char *string = *(const char **)view->member;
        return string && *string;
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(void **)view->member != NULL;
    case PROTOBUF_C_TYPE_BYTES:
        return ((ProtobufCBinaryData *)view->member)->len > 0;
    default:
        memcpy(&value, view->member,
               message_element_bytes(view->descriptor->type));
        return value != 0;
    }
}

struct field_view field_view_bare(const ProtobufCMessage *message,
                                  unsigned index)
{
    const ProtobufCFieldDescriptor *descriptor =
        &message->descriptor->fields[index];
    char *base = (char *)message;
    struct field_view view = {
        .descriptor = descriptor,
        .member = base + descriptor->offset,
        .quantifier = base + descriptor->quantifier_offset,
    };

    if (descriptor->label == PROTOBUF_C_LABEL_REPEATED) {
        view.count = *(size_t *)view.quantifier;
    } else if (descriptor->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        view.count = *(uint32_t *)view.quantifier == descriptor->id;
    } else {
        view.count = is_set(&view);
    }
    return view;
}

struct field_view field_view(const ProtobufCMessage *message, unsigned index)
{
    struct field_view view = field_view_bare(message, index);

    view.data =
        data_field_find(message_name(message->descriptor), view.descriptor->id);
    return view;
}

void *field_element(const struct field_view *view, size_t i)
{
    if (view->descriptor->label != PROTOBUF_C_LABEL_REPEATED)
        return view->member;
    return *(char **)view->member +
           i * message_element_bytes(view->descriptor->type);
}

const char *field_json_name(const struct field_view *view)
{
    return view->data ? view->data->json_name : view->descriptor->name;
}

bool field_is_map(const struct field_view *view)
{
    if (view->descriptor->type != PROTOBUF_C_TYPE_MESSAGE)
        return false;
    const char *name = message_name(view->descriptor->descriptor);
    const size_t size = strlen(name);
    return strchr(name, '.') && size > 5 &&
           strcmp(name + size - 5, "Entry") == 0;
}
