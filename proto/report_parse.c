/* JSON to a message, by its descriptor. Context: tool. */
#include "proto/report_parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/base/err.h"
#include "proto/message_walk.h"

#define ELEMENT_BYTES_MAX sizeof(ProtobufCBinaryData)

struct parse {
    char *where; /* the path so far, then what is wrong there */
    size_t used;
    unsigned depth;
};

static __attribute__((format(printf, 2, 3))) int
wrong(const struct parse *parse, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(parse->where + parse->used,
                    REPORT_PARSE_WHERE_BYTES - parse->used, format, arguments);
    va_end(arguments);
    return -ERR_SCHEMA;
}

/* Adds a step to the path; returns the length to go back to. */
static size_t enter(struct parse *parse, const char *step)
{
    size_t before = parse->used;
    size_t room = REPORT_PARSE_WHERE_BYTES - before;
    int n = snprintf(parse->where + before, room, "%s%.48s",
                     before > 0 && *step != '[' ? "." : "", step);

    parse->used += n > 0 && (size_t)n < room ? (size_t)n : 0;
    return before;
}

static void leave(struct parse *parse, size_t before)
{
    parse->used = before;
    parse->where[before] = '\0';
}

static int parse_string(const struct parse *parse, const json_t *json,
                        char **ret_string)
{
    if (!json_is_string(json))
        return wrong(parse, ": not a string");
    if (strlen(json_string_value(json)) != json_string_length(json))
        return wrong(parse, ": a NUL inside");
    char *copy = strdup(json_string_value(json));
    if (!copy)
        return -ENOMEM;
    *ret_string = copy;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_bytes(const struct parse *parse, const json_t *json,
                       ProtobufCBinaryData *ret_bytes)
{
    size_t size = json_string_length(json);
    const char *text = json_string_value(json);

    if (!text || size % 2 != 0)
        return wrong(parse, ": not pairs of hexadecimal digits");
    uint8_t *data = malloc(size / 2 + 1);
    if (!data)
        return -ENOMEM;
    for (size_t i = 0; i < size / 2; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            free(data);
            return wrong(parse, ": not pairs of hexadecimal digits");
        }
        data[i] = (uint8_t)(16 * high + low);
    }
    *ret_bytes = (ProtobufCBinaryData){size / 2, data};
    return 0;
}

/* "2026-11-24T12:34:56.789Z", as report_json.c writes it. */
static int parse_time(const struct parse *parse, const json_t *json,
                      int64_t *ret_unix_ms)
{
    const char *text = json_string_value(json);
    struct tm utc = {0};
    char *end = NULL;
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) : NULL;
    bool whole = rest && rest[0] == '.' && strspn(rest + 1, "0123456789") == 3;
    unsigned long ms = whole ? strtoul(rest + 1, &end, 10) : 0;

    if (!whole || strcmp(end, "Z") != 0)
        return wrong(parse, ": not a time like 2026-11-24T12:34:56.789Z");
    *ret_unix_ms = (int64_t)timegm(&utc) * 1000 + (int64_t)ms;
    return 0;
}

/* A 64-bit integer: a decimal or 0x string, or a JSON integer. */
static int parse_64(const struct parse *parse, const json_t *json,
                    bool is_signed, uint64_t *ret_value)
{
    const char *text = json_string_value(json);
    char *end = NULL;

    if (json_is_integer(json)) {
        if (!is_signed && json_integer_value(json) < 0)
            return wrong(parse, ": negative");
        *ret_value = (uint64_t)json_integer_value(json);
        return 0;
    }
    if (!text || *text == '\0' || strchr(" +", *text) ||
        (*text == '-' && !is_signed))
        return wrong(parse, ": not a number");
    int base = strncmp(text, "0x", 2) == 0 ? 16 : 10;
    errno = 0;
    uint64_t value = is_signed ? (uint64_t)strtoll(text, &end, base)
                               : strtoull(text, &end, base);
    if (errno != 0 || *end != '\0')
        return wrong(parse, ": not a number of 64 bits");
    *ret_value = value;
    return 0;
}

static int parse_32(const struct parse *parse, const json_t *json,
                    bool is_signed, void *ret_value)
{
    json_int_t value = json_integer_value(json);

    if (!json_is_integer(json) || value < (is_signed ? INT32_MIN : 0) ||
        value > (is_signed ? INT32_MAX : (json_int_t)UINT32_MAX))
        return wrong(parse, ": not a number of 32 bits");
    uint32_t bits = (uint32_t)value;
    memcpy(ret_value, &bits, sizeof bits);
    return 0;
}

static int parse_enum(const struct parse *parse, const json_t *json,
                      const ProtobufCEnumDescriptor *descriptor, int *ret_value)
{
    const ProtobufCEnumValue *named = NULL;

    if (json_is_integer(json))
        return parse_32(parse, json, true, ret_value);
    if (json_is_string(json)) {
        named = protobuf_c_enum_descriptor_get_value_by_name(
            descriptor, json_string_value(json));
    }
    if (!named)
        return wrong(parse, ": no value of %s", descriptor->short_name);
    *ret_value = named->value;
    return 0;
}

static int parse_message(struct parse *parse, const json_t *json,
                         const ProtobufCMessageDescriptor *descriptor,
                         ProtobufCMessage **ret_message);

static int parse_number(const struct parse *parse, const json_t *json,
                        const struct field_view *view, void *ret_value)
{
    bool is_time = view->data && view->data->format == FORMAT_TIME_UNIX_MS;

    switch (view->descriptor->type) {
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(json))
            return wrong(parse, ": neither true nor false");
        *(protobuf_c_boolean *)ret_value = json_is_true(json);
        return 0;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return parse_32(parse, json, false, ret_value);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return parse_32(parse, json, true, ret_value);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return is_time ? parse_time(parse, json, ret_value)
                       : parse_64(parse, json, false, ret_value);
    default:
        return is_time ? parse_time(parse, json, ret_value)
                       : parse_64(parse, json, true, ret_value);
    }
}

/* One value into ret_value, which has room for any type. */
static int parse_element(struct parse *parse, const json_t *json,
                         const struct field_view *view, void *ret_value)
{
    switch (view->descriptor->type) {
    case PROTOBUF_C_TYPE_STRING:
        return parse_string(parse, json, ret_value);
    case PROTOBUF_C_TYPE_BYTES:
        return parse_bytes(parse, json, ret_value);
    case PROTOBUF_C_TYPE_MESSAGE:
        return parse_message(parse, json, view->descriptor->descriptor,
                             ret_value);
    case PROTOBUF_C_TYPE_ENUM:
        return parse_enum(parse, json, view->descriptor->descriptor, ret_value);
    default:
        return parse_number(parse, json, view, ret_value);
    }
}

/* The array is the message's from the start: freed with it on failure. */
static int reserve(const struct field_view *view, size_t count)
{
    if (count == 0)
        return 0;
    void *array = calloc(count, message_element_bytes(view->descriptor->type));
    if (!array)
        return -ENOMEM;
    *(void **)view->member = array;
    return 0;
}

static int parse_array(struct parse *parse, const json_t *json,
                       struct field_view *view)
{
    size_t *count = view->quantifier;

    if (!json_is_array(json))
        return wrong(parse, ": not an array");
    int r = reserve(view, json_array_size(json));
    for (size_t i = 0; r == 0 && i < json_array_size(json); i++) {
        char step[24];
        (void)snprintf(step, sizeof step, "[%zu]", i);
        size_t before = enter(parse, step);
        r = parse_element(parse, json_array_get(json, i), view,
                          field_element(view, i));
        if (r == 0) {
            (*count)++;
            leave(parse, before);
        }
    }
    return r;
}

/* One entry of a map: a message of a key and a value. */
static int parse_entry(struct parse *parse, const char *key, json_t *value,
                       const struct field_view *view,
                       ProtobufCMessage **ret_entry)
{
    json_t *entry = json_pack("{s:s,s:O}", "key", key, "value", value);

    if (!entry)
        return -ENOMEM;
    int r =
        parse_message(parse, entry, view->descriptor->descriptor, ret_entry);
    json_decref(entry);
    return r;
}

static int parse_map(struct parse *parse, json_t *json, struct field_view *view)
{
    size_t *count = view->quantifier;
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return wrong(parse, ": not an object");
    int r = reserve(view, json_object_size(json));
    if (r < 0)
        return r;
    json_object_foreach(json, key, value)
    {
        r = parse_entry(parse, key, value, view, field_element(view, *count));
        if (r < 0)
            return r;
        (*count)++;
    }
    return 0;
}

static int parse_singular(struct parse *parse, const json_t *json,
                          struct field_view *view)
{
    _Alignas(8) uint8_t value[ELEMENT_BYTES_MAX];
    const ProtobufCFieldDescriptor *field = view->descriptor;

    int r = parse_element(parse, json, view, value);
    if (r < 0)
        return r;
    memcpy(view->member, value, message_element_bytes(field->type));
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        *(uint32_t *)view->quantifier = field->id;
    return 0;
}

static int parse_field(struct parse *parse, json_t *json,
                       struct field_view *view)
{
    if (field_is_map(view))
        return parse_map(parse, json, view);
    if (view->descriptor->label == PROTOBUF_C_LABEL_REPEATED)
        return parse_array(parse, json, view);
    return parse_singular(parse, json, view);
}

static int parse_named(struct parse *parse, const char *name, json_t *value,
                       ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        struct field_view view = field_view(message, i);
        if (strcmp(field_json_name(&view), name) == 0)
            return parse_field(parse, value, &view);
    }
    return wrong(parse, ": not in the schema");
}

static int parse_fields(struct parse *parse, json_t *json,
                        ProtobufCMessage *message)
{
    const char *name;
    json_t *value;

    json_object_foreach(json, name, value)
    {
        size_t before = enter(parse, name);
        int r = parse_named(parse, name, value, message);
        if (r < 0)
            return r;
        leave(parse, before);
    }
    return 0;
}

static int parse_message(struct parse *parse, const json_t *json,
                         const ProtobufCMessageDescriptor *descriptor,
                         ProtobufCMessage **ret_message)
{
    if (!json_is_object(json))
        return wrong(parse, ": not an object");
    if (parse->depth == MESSAGE_DEPTH_MAX)
        return -ERR_LIMIT;
    ProtobufCMessage *message = calloc(1, descriptor->sizeof_message);
    if (!message)
        return -ENOMEM;
    protobuf_c_message_init(descriptor, message);
    parse->depth++;
    int r = parse_fields(parse, (json_t *)json, message);
    parse->depth--;
    if (r < 0) {
        protobuf_c_message_free_unpacked(message, NULL);
    } else {
        *ret_message = message;
    }
    return r;
}

int report_from_json(const json_t *json, Inquest__V1__Report **ret_report,
                     char where[REPORT_PARSE_WHERE_BYTES])
{
    struct parse parse = {.where = where};
    ProtobufCMessage *message = NULL;

    where[0] = '\0';
    int r =
        parse_message(&parse, json, &inquest__v1__report__descriptor, &message);
    if (r == 0)
        *ret_report = (Inquest__V1__Report *)message;
    return r;
}
