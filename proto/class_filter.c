/* The one consent filter. Context: tool. */
#include "proto/class_filter.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/utf8.h"

#define KINDS_MAX 64 /* of messages; the schema has fewer */

/* Whether all fields of a kind of message, and all below, are allowed. */
struct kind {
    const ProtobufCMessageDescriptor *descriptor;
    bool allowed;
};

struct filter {
    uint32_t allowed;
    ProtobufCAllocator *allocator;
    size_t cleared;
    struct kind kinds[KINDS_MAX]; /* found so far */
    size_t kind_count;
};

static void default_free(void *unused, void *memory)
{
    (void)unused;
    free(memory);
}

/* The filter only frees. */
static ProtobufCAllocator default_allocator = {NULL, default_free, NULL};

static void release(const struct filter *filter, const void *memory)
{
    if (memory) {
        filter->allocator->free(filter->allocator->allocator_data,
                                (void *)memory);
    }
}

static void release_element(const struct filter *filter,
                            const ProtobufCFieldDescriptor *descriptor,
                            void *element)
{
    switch (descriptor->type) {
    case PROTOBUF_C_TYPE_STRING:
        if (*(const void **)element != descriptor->default_value &&
            *(const void **)element != protobuf_c_empty_string)
            release(filter, *(const void **)element);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        release(filter, ((ProtobufCBinaryData *)element)->data);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        if (*(ProtobufCMessage **)element) {
            protobuf_c_message_free_unpacked(*(ProtobufCMessage **)element,
                                             filter->allocator);
        }
        break;
    default:
        break;
    }
}

static void clear_value(const ProtobufCFieldDescriptor *descriptor,
                        void *member)
{
    switch (descriptor->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(const char **)member = protobuf_c_empty_string;
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(void **)member = NULL;
        break;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)member = (ProtobufCBinaryData){0};
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        memset(member, 0, 8);
        break;
    default:
        memset(member, 0, 4);
        break;
    }
}

static void clear_field(struct filter *filter, struct field_view *view)
{
    if (view->count == 0)
        return;
    for (size_t i = 0; i < view->count; i++)
        release_element(filter, view->descriptor, field_element(view, i));
    filter->cleared++;
    if (view->descriptor->label == PROTOBUF_C_LABEL_REPEATED) {
        release(filter, *(void **)view->member);
        *(void **)view->member = NULL;
        *(size_t *)view->quantifier = 0;
        return;
    }
    if (view->descriptor->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
        *(uint32_t *)view->quantifier = 0;
    clear_value(view->descriptor, view->member);
}

void class_clear_field(struct field_view *view)
{
    struct filter filter = {.allocator = &default_allocator};

    clear_field(&filter, view);
}

static void drop_unknown(struct filter *filter, ProtobufCMessage *message)
{
    for (size_t i = 0; i < message->n_unknown_fields; i++)
        release(filter, message->unknown_fields[i].data);
    filter->cleared += message->n_unknown_fields;
    release(filter, message->unknown_fields);
    message->unknown_fields = NULL;
    message->n_unknown_fields = 0;
}

static bool kind_allowed(struct filter *filter,
                         const ProtobufCMessageDescriptor *descriptor,
                         int depth);

static bool fields_allowed(struct filter *filter,
                           const ProtobufCMessageDescriptor *descriptor,
                           int depth)
{
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        const struct data_field *data =
            data_field_find(message_name(descriptor), field->id);
        if (!data || !(filter->allowed & CLASS_BIT(data->class)))
            return false;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
            !kind_allowed(filter, field->descriptor, depth + 1))
            return false;
    }
    return true;
}

/* Remembers: thousands of frames are of one kind. */
static bool kind_allowed(struct filter *filter,
                         const ProtobufCMessageDescriptor *descriptor,
                         int depth)
{
    for (size_t i = 0; i < filter->kind_count; i++) {
        if (filter->kinds[i].descriptor == descriptor)
            return filter->kinds[i].allowed;
    }
    bool allowed =
        depth < MESSAGE_DEPTH_MAX && fields_allowed(filter, descriptor, depth);
    struct kind kind = {descriptor, allowed};
    if (filter->kind_count < KINDS_MAX)
        filter->kinds[filter->kind_count++] = kind;
    return allowed;
}

static void repair_strings(const struct field_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        char *string = *(char **)field_element(view, i);
        if (string)
            (void)utf8_repair(string, strlen(string)); /* said by the '?' */
    }
}

/* Most strings of a frame are: asked first, for thousands of frames. */
static bool is_unset(const ProtobufCMessage *message,
                     const ProtobufCFieldDescriptor *field)
{
    const void *value = *(void *const *)((const char *)message + field->offset);

    return field->label != PROTOBUF_C_LABEL_REPEATED &&
           !(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
           (!value || value == protobuf_c_empty_string);
}

/* Nothing to clear in message but what the schema does not know. */
static void walk_unknown(struct filter *filter, ProtobufCMessage *message)
{
    drop_unknown(filter, message);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        ProtobufCType type = message->descriptor->fields[i].type;
        if ((type != PROTOBUF_C_TYPE_MESSAGE &&
             type != PROTOBUF_C_TYPE_STRING) ||
            is_unset(message, &message->descriptor->fields[i]))
            continue;
        struct field_view view = field_view_bare(message, i);
        if (type == PROTOBUF_C_TYPE_STRING) {
            repair_strings(&view);
            continue;
        }
        for (size_t j = 0; j < view.count; j++)
            walk_unknown(filter, *(ProtobufCMessage **)field_element(&view, j));
    }
}

static void walk(struct filter *filter, ProtobufCMessage *message, int depth)
{
    if (kind_allowed(filter, message->descriptor, depth)) {
        walk_unknown(filter, message);
        return;
    }
    drop_unknown(filter, message);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        struct field_view view = field_view(message, i);
        bool allowed = view.data && depth < MESSAGE_DEPTH_MAX &&
                       (filter->allowed & CLASS_BIT(view.data->class));
        if (!allowed) {
            clear_field(filter, &view);
            continue;
        }
        if (view.descriptor->type == PROTOBUF_C_TYPE_STRING)
            repair_strings(&view);
        if (view.descriptor->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        for (size_t j = 0; j < view.count; j++) {
            walk(filter, *(ProtobufCMessage **)field_element(&view, j),
                 depth + 1);
        }
    }
}

size_t class_filter(ProtobufCMessage *message, uint32_t allowed_classes,
                    ProtobufCAllocator *allocator)
{
    struct filter filter = {
        .allowed = allowed_classes,
        .allocator = allocator ? allocator : &default_allocator,
    };

    walk(&filter, message, 0);
    return filter.cleared;
}

/* Emptied where it lies: protobuf-c frees each string of a repeated field, the
 * shared empty one too. */
static void rewrite_string(char **string, const struct data_field *field,
                           const struct text_rewriter *rewriter)
{
    char *changed = NULL;

    int r = rewriter->rewrite(rewriter->context, field, *string, &changed);
    if (r < 0 && **string != '\0')
        **string = '\0';
    if (r <= 0)
        return;
    if (*string != protobuf_c_empty_string)
        free(*string);
    *string = changed;
}

static void rewrite(ProtobufCMessage *message,
                    const struct text_rewriter *rewriter, int depth)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        struct field_view view = field_view(message, i);
        for (size_t j = 0; j < view.count; j++) {
            void *element = field_element(&view, j);
            if (view.descriptor->type == PROTOBUF_C_TYPE_MESSAGE &&
                depth < MESSAGE_DEPTH_MAX)
                rewrite(*(ProtobufCMessage **)element, rewriter, depth + 1);
            if (view.descriptor->type == PROTOBUF_C_TYPE_STRING && view.data &&
                view.data->free_text)
                rewrite_string(element, view.data, rewriter);
        }
    }
}

void class_rewrite_text(ProtobufCMessage *message,
                        const struct text_rewriter *rewriter)
{
    rewrite(message, rewriter, 0);
}
