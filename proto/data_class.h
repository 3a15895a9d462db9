/*
 * The class table: what report.proto says of each of its fields, as C. The
 * table itself is generated from the schema at build time
 * (proto/gen/class_generate.c), so it cannot disagree with it.
 * The constants may be used anywhere; the functions are pure. Context: any.
 */
#ifndef INQUEST_PROTO_DATA_CLASS_H
#define INQUEST_PROTO_DATA_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

/* Numbers are those of inquest.DataClass; a mask has bit 1u << class. */
enum data_class {
    CLASS_UNSPECIFIED,
    CLASS_REQUIRED,
    CLASS_DETECTION,
    CLASS_OPTIONAL,
    CLASS_FEEDBACK,
    CLASS_SENSITIVE,
    CLASS_COUNT
};

enum data_format {
    FORMAT_DEFAULT,
    FORMAT_HEX,
    FORMAT_HEX_BYTES,
    FORMAT_TIME_UNIX_MS,
};

#define CLASS_BIT(class) (1u << (class))
#define CLASS_ALL                                             \
    (CLASS_BIT(CLASS_REQUIRED) | CLASS_BIT(CLASS_DETECTION) | \
     CLASS_BIT(CLASS_OPTIONAL) | CLASS_BIT(CLASS_FEEDBACK) |  \
     CLASS_BIT(CLASS_SENSITIVE))

struct data_field {
    const char *message;   /* "Crash": name without the package */
    const char *field;     /* "abort_message" */
    const char *json_name; /* "abortMessage" */
    uint32_t number;
    enum data_class class;
    enum data_format format;
    bool free_text;      /* redaction looks inside */
    bool known_text;     /* only known words leave */
    const char *purpose; /* "FIND_CAUSE" */
    uint32_t retention_days;
    const char *example; /* may be "" */
    const char *comment; /* the field's comment in the schema, one line */
};

/* All fields, grouped by message in the order of the schema. */
extern const struct data_field data_fields[];
extern const size_t data_field_count;

/* The fields of one message. */
struct data_message {
    const char *name;
    const struct data_field *fields;
    size_t count;
};

/* By name, as strcmp(3) orders them. */
extern const struct data_message data_messages[];
extern const size_t data_message_count;

/*
 * What the schema says of each class, as a number: it changes when a field
 * comes into the class or goes, or changes its purpose or retention. A grant
 * names the one it was given for.
 */
extern const uint32_t data_notices[CLASS_COUNT];

/* The entry of a field, or NULL: then nobody may record or send it. */
const struct data_field *data_field_find(const char *message, uint32_t number);

/* "REQUIRED" …; "UNSPECIFIED" for anything else. */
const char *data_class_name(enum data_class class);

/* By name, any case. Fails with -ERR_NOT_FOUND. */
MUST_CHECK int data_class_parse(const char *name, enum data_class *ret_class);

#endif
