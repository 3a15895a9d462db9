/*
 * The generator of the class table: reads a descriptor set (protoc
 * --include_imports --include_source_info) and writes C. It refuses a schema
 * in which a field does not say class, purpose and retention.
 *
 *     class_generate DESCRIPTOR_SET OUTPUT.c
 *
 * Context: tool.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "google/protobuf/descriptor.pb-c.h"
#include "proto/data_class.pb-c.h"

#define PACKAGE          "inquest.v1"
#define OPTION_TAG       50501
#define SET_BYTES_MAX    (4u << 20)
#define COMMENT_BYTES    512
#define NAME_BYTES       256
#define MESSAGE_FIELD_NR 4 /* FileDescriptorProto.message_type */
#define FIELD_FIELD_NR   2 /* DescriptorProto.field */
#define CLASSES_MAX      6 /* values of DataClass */
#define MESSAGES_MAX     128
#define FNV_BASIS        2166136261u
#define FNV_PRIME        16777619u

typedef Google__Protobuf__FileDescriptorProto File;
typedef Google__Protobuf__DescriptorProto Message;
typedef Google__Protobuf__FieldDescriptorProto Field;

static int refused;
static uint32_t notices[CLASSES_MAX]; /* FNV-1a of each class's fields */

/* On one line: a line break and the blank behind it are one blank. */
static void write_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        if (*text == '\n' && text[1] == ' ')
            continue;
        fputc(*text == '\n' ? ' ' : *text, out);
    }
    fputc('"', out);
}

/* The custom option: an unknown field of FieldOptions. NULL: not given. */
static Inquest__DataOptions *options_of(const Field *field)
{
    if (!field->options)
        return NULL;
    const ProtobufCMessage *base = &field->options->base;
    for (size_t i = 0; i < base->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *unknown = &base->unknown_fields[i];
        if (unknown->tag != OPTION_TAG || unknown->len == 0)
            continue;
        size_t skip = 0; /* the length prefix, a varint */
        while (skip < unknown->len && (unknown->data[skip] & 0x80))
            skip++;
        skip++;
        return inquest__data_options__unpack(NULL, unknown->len - skip,
                                             unknown->data + skip);
    }
    return NULL;
}

static bool is_complete(const char *message, const Field *field,
                        const Inquest__DataOptions *options)
{
    const char *missing = NULL;

    if (!options || options->class_ == 0) {
        missing = "a data class";
    } else if (options->purpose == 0) {
        missing = "a purpose";
    } else if (options->retention_days == 0) {
        missing = "a retention";
    }
    if (!missing)
        return true;
    fprintf(stderr,
            "class_generate: %s.%s has no %s: say it in the schema with "
            "[(inquest.data) = {class: …, purpose: …, retention_days: …}]\n",
            message, field->name, missing + 2);
    refused = 1;
    return false;
}

/* The leading comment of a field of a top-level message, one line. */
static void comment_of(const File *file, int message, int field,
                       char comment[COMMENT_BYTES])
{
    const Google__Protobuf__SourceCodeInfo *info = file->source_code_info;

    comment[0] = '\0';
    for (size_t i = 0; info && i < info->n_location; i++) {
        const Google__Protobuf__SourceCodeInfo__Location *at =
            info->location[i];
        if (at->n_path == 4 && at->path[0] == MESSAGE_FIELD_NR &&
            at->path[1] == message && at->path[2] == FIELD_FIELD_NR &&
            at->path[3] == field && at->leading_comments)
            snprintf(comment, COMMENT_BYTES, "%s", at->leading_comments);
    }
    /* A one-member oneof carries the comment of its only field. */
    const Field *the = file->message_type[message]->field[field];
    for (size_t i = 0; info && !*comment && i < info->n_location; i++) {
        const Google__Protobuf__SourceCodeInfo__Location *at =
            info->location[i];
        if (the->has_oneof_index && at->n_path == 4 &&
            at->path[0] == MESSAGE_FIELD_NR && at->path[1] == message &&
            at->path[2] == 8 && at->path[3] == the->oneof_index &&
            at->leading_comments)
            snprintf(comment, COMMENT_BYTES, "%s", at->leading_comments);
    }
    size_t size = strlen(comment);
    while (size > 0 && (comment[size - 1] == '\n' || comment[size - 1] == ' '))
        comment[--size] = '\0';
}

static void note(int class, const char *text)
{
    if (class < 0 || class >= CLASSES_MAX)
        return;
    if (notices[class] == 0)
        notices[class] = FNV_BASIS;
    for (; *text; text++)
        notices[class] = (notices[class] ^ (uint8_t)*text) * FNV_PRIME;
}

/* What a person agrees to: the field, what it is for, and how long. */
static void note_field(const char *message, const Field *field,
                       const Inquest__DataOptions *options)
{
    char text[NAME_BYTES];

    snprintf(text, sizeof text, "%s.%s %d %u\n", message, field->name,
             options->purpose, options->retention_days);
    note(options->class_, text);
}

/* The first value of an enum that says something. */
static const char *enum_example(const File *file, const char *type)
{
    const char *last = strrchr(type, '.');

    for (size_t i = 0; last && i < file->n_enum_type; i++) {
        const Google__Protobuf__EnumDescriptorProto *of = file->enum_type[i];
        if (strcmp(of->name, last + 1) == 0 && of->n_value > 1)
            return of->value[1]->name;
    }
    return "";
}

/* What a value looks like, where the schema gives no example. */
static const char *example_of(const File *file, const Field *field,
                              const Inquest__DataOptions *options)
{
    if (options->example && *options->example)
        return options->example;
    switch (options->format) {
    case INQUEST__FORMAT__HEX:
        return "0x7ffe5c3a2f18";
    case INQUEST__FORMAT__HEX_BYTES:
        return "8ea80b0bf6a31a6b";
    case INQUEST__FORMAT__TIME_UNIX_MS:
        return "2026-11-24T11:00:00.000Z";
    default:
        break;
    }
    switch (field->type) {
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE:
        return "{…}";
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM:
        return enum_example(file, field->type_name);
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BOOL:
        return "true";
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING:
        return "text";
    case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BYTES:
        return "base64";
    default:
        return "42";
    }
}

struct row {
    const char *message;
    const Field *field;
    const Inquest__DataOptions *options;
    const char *comment;
    const char *example;
};

/* A message's rows stand together: its name, the first of them, how many. */
struct group {
    char name[NAME_BYTES];
    size_t first, count;
};
static struct group groups[MESSAGES_MAX];
static size_t group_count;
static size_t row_count;

static void note_row(const char *message)
{
    struct group *last = group_count ? &groups[group_count - 1] : NULL;

    row_count++;
    if (last && strcmp(last->name, message) == 0) {
        last->count++;
        return;
    }
    if (group_count == MESSAGES_MAX) {
        fputs("class_generate: more messages than MESSAGES_MAX\n", stderr);
        exit(65);
    }
    last = &groups[group_count++];
    snprintf(last->name, sizeof last->name, "%s", message);
    last->first = row_count - 1;
    last->count = 1;
}

static int by_name(const void *left, const void *right)
{
    const struct group *a = left;
    const struct group *b = right;

    return strcmp(a->name, b->name);
}

static void write_row(FILE *out, const struct row *row)
{
    const Field *field = row->field;
    const Inquest__DataOptions *options = row->options;
    const ProtobufCEnumValue *purpose = protobuf_c_enum_descriptor_get_value(
        &inquest__purpose__descriptor, (int)options->purpose);

    note_row(row->message);
    fprintf(out,
            "    {\"%s\", \"%s\", \"%s\", %d, %d, %d, %s, %s, \"%s\", %u, ",
            row->message, field->name, field->json_name ? field->json_name : "",
            field->number, options->class_, options->format,
            options->free_text ? "true" : "false",
            options->known_text ? "true" : "false",
            purpose ? purpose->name : "", options->retention_days);
    write_string(out, row->example);
    fputs(", ", out);
    write_string(out, *row->comment == ' ' ? row->comment + 1 : row->comment);
    fputs("},\n", out);
}

/* Key and value of a map inherit what the map field says. */
static void write_map_entry(FILE *out, const char *outer, const Message *entry,
                            const Inquest__DataOptions *options)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "%s.%s", outer, entry->name);
    for (size_t i = 0; i < entry->n_field; i++)
        write_row(out, &(struct row){name, entry->field[i], options, "", ""});
}

static void write_nested_map(FILE *out, const Message *message,
                             const Field *field,
                             const Inquest__DataOptions *options)
{
    const char *last = field->type_name ? strrchr(field->type_name, '.') : NULL;

    for (size_t i = 0; last && i < message->n_nested_type; i++) {
        if (strcmp(message->nested_type[i]->name, last + 1) == 0) {
            write_map_entry(out, message->name, message->nested_type[i],
                            options);
        }
    }
}

static void write_message(FILE *out, const File *file, int index)
{
    const Message *message = file->message_type[index];
    char comment[COMMENT_BYTES];

    for (size_t i = 0; i < message->n_field; i++) {
        const Field *field = message->field[i];
        Inquest__DataOptions *options = options_of(field);
        if (is_complete(message->name, field, options)) {
            comment_of(file, index, (int)i, comment);
            write_row(out, &(struct row){message->name, field, options, comment,
                                         example_of(file, field, options)});
            note_field(message->name, field, options);
        }
        if (options)
            inquest__data_options__free_unpacked(options, NULL);
    }
}

static void write_maps(FILE *out, const Message *message)
{
    for (size_t i = 0; i < message->n_field; i++) {
        Inquest__DataOptions *options = options_of(message->field[i]);
        if (!options)
            continue; /* refused above */
        write_nested_map(out, message, message->field[i], options);
        inquest__data_options__free_unpacked(options, NULL);
    }
}

static void write_groups(FILE *out)
{
    qsort(groups, group_count, sizeof groups[0], by_name);
    fputs("};\nconst struct data_message data_messages[] = {\n", out);
    for (size_t i = 0; i < group_count; i++) {
        fprintf(out, "    {\"%s\", data_fields + %zu, %zu},\n", groups[i].name,
                groups[i].first, groups[i].count);
    }
    fputs("};\nconst size_t data_message_count =\n"
          "    sizeof data_messages / sizeof data_messages[0];\n",
          out);
}

static void write_table(FILE *out,
                        const Google__Protobuf__FileDescriptorSet *set)
{
    fputs("/* Generated from proto/report.proto by class_generate. */\n"
          "#include \"proto/data_class.h\"\n\n"
          "const struct data_field data_fields[] = {\n",
          out);
    for (size_t i = 0; i < set->n_file; i++) {
        const File *file = set->file[i];
        if (!file->package || strcmp(file->package, PACKAGE) != 0)
            continue;
        for (size_t j = 0; j < file->n_message_type; j++) {
            write_message(out, file, (int)j);
            write_maps(out, file->message_type[j]);
        }
    }
    fputs("};\nconst size_t data_field_count =\n"
          "    sizeof data_fields / sizeof data_fields[0];\n"
          "const uint32_t data_notices[CLASS_COUNT] = {",
          out);
    for (size_t i = 0; i < CLASSES_MAX; i++)
        fprintf(out, "%s0x%08xu", i == 0 ? "" : ", ", notices[i]);
    write_groups(out);
}

static Google__Protobuf__FileDescriptorSet *read_set(const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *bytes = malloc(SET_BYTES_MAX);
    Google__Protobuf__FileDescriptorSet *set = NULL;

    if (in && bytes) {
        size_t size = fread(bytes, 1, SET_BYTES_MAX, in);
        set = google__protobuf__file_descriptor_set__unpack(NULL, size, bytes);
    }
    free(bytes);
    if (in)
        fclose(in);
    return set;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: class_generate DESCRIPTOR_SET OUTPUT.c\n", stderr);
        return 64;
    }
    Google__Protobuf__FileDescriptorSet *set = read_set(argv[1]);
    if (!set) {
        fprintf(stderr, "class_generate: %s: not a descriptor set\n", argv[1]);
        return 65;
    }
    FILE *out = fopen(argv[2], "w");
    if (!out) {
        perror(argv[2]);
        return 73;
    }
    write_table(out, set);
    google__protobuf__file_descriptor_set__free_unpacked(set, NULL);
    if (fclose(out) != 0 || refused) {
        remove(argv[2]);
        return 65;
    }
    return 0;
}
