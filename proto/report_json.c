/* A message to JSON, by its descriptor. Context: tool. */
#include "proto/report_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/message_walk.h"

#define HEX_BYTES_SHOWN 4096

/* A string that is not UTF-8 shows its other bytes as '?': never an error. */
static json_t *string_json(const char *string)
{
    json_t *json = json_string(string);
    if (json)
        return json;
    size_t size = strlen(string);
    char *clean = malloc(size + 1);
    if (!clean)
        return NULL;
    for (size_t i = 0; i <= size; i++)
        clean[i] = (char)((unsigned char)string[i] < 0x80 ? string[i] : '?');
    json = json_string(clean);
    free(clean);
    return json;
}

static json_t *time_json(int64_t unix_ms)
{
    char date[32];
    char text[48];
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;

    if (unix_ms < 0 || !gmtime_r(&seconds, &utc))
        return json_string("");
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(text, sizeof text, "%s.%03dZ", date, (int)(unix_ms % 1000));
    return json_string(text);
}

static json_t *u64_json(uint64_t value, enum data_format format)
{
    char text[32];

    if (format == FORMAT_TIME_UNIX_MS)
        return time_json((int64_t)value);
    (void)snprintf(text, sizeof text,
                   format == FORMAT_HEX ? "0x%" PRIx64 : "%" PRIu64, value);
    return json_string(text);
}

static json_t *i64_json(int64_t value, enum data_format format)
{
    char text[32];

    if (format == FORMAT_TIME_UNIX_MS)
        return time_json(value);
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    return json_string(text);
}

static json_t *bytes_json(const ProtobufCBinaryData *bytes)
{
    size_t count = bytes->len < HEX_BYTES_SHOWN ? bytes->len : HEX_BYTES_SHOWN;
    char *text = malloc(2 * count + 1);

    if (!text)
        return NULL;
    for (size_t i = 0; i < count; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes->data[i]);
    text[2 * count] = '\0';
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *enum_json(const ProtobufCEnumDescriptor *descriptor, int value)
{
    const ProtobufCEnumValue *named =
        protobuf_c_enum_descriptor_get_value(descriptor, value);

    return named ? json_string(named->name) : json_integer(value);
}

static json_t *element_json(const struct field_view *view, size_t i)
{
    const void *at = field_element(view, i);
    enum data_format format = view->data ? view->data->format : FORMAT_DEFAULT;

    switch (view->descriptor->type) {
    case PROTOBUF_C_TYPE_STRING:
        return string_json(*(const char *const *)at);
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_json(at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return report_to_json(*(ProtobufCMessage *const *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return enum_json(view->descriptor->descriptor, *(const int *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return u64_json(*(const uint64_t *)at, format);
    default:
        return i64_json(*(const int64_t *)at, format);
    }
}

static json_t *map_json(const struct field_view *view)
{
    json_t *object = json_object();

    for (size_t i = 0; object && i < view->count; i++) {
        const ProtobufCMessage *entry =
            *(ProtobufCMessage *const *)field_element(view, i);
        struct field_view key = field_view(entry, 0);
        struct field_view value = field_view(entry, 1);
        json_t *text = string_json(*(const char *const *)value.member);
        (void)json_object_set_new(object, *(const char *const *)key.member,
                                  text); /* not UTF-8: left out */
    }
    return object;
}

static json_t *array_json(const struct field_view *view)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < view->count; i++) {
        if (json_array_append_new(array, element_json(view, i)) < 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *report_to_json(const ProtobufCMessage *message)
{
    json_t *object = json_object();

    for (unsigned i = 0; object && i < message->descriptor->n_fields; i++) {
        struct field_view view = field_view(message, i);
        json_t *value;
        if (view.count == 0)
            continue;
        if (field_is_map(&view)) {
            value = map_json(&view);
        } else if (view.descriptor->label == PROTOBUF_C_LABEL_REPEATED) {
            value = array_json(&view);
        } else {
            value = element_json(&view, 0);
        }
        if (json_object_set_new(object, field_json_name(&view), value) < 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}
