/*
 * Any protobuf-c message, field by field: what filter, rewriter and JSON share
 * of protobuf-c's way to lay out a message. Context: tool.
 */
#ifndef INQUEST_PROTO_MESSAGE_WALK_H
#define INQUEST_PROTO_MESSAGE_WALK_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "proto/data_class.h"

/* Deeper than any message of the schema; beyond it a message is cleared. */
#define MESSAGE_DEPTH_MAX 16

/* One field inside one message: where its value and its presence lie. */
struct field_view {
    const ProtobufCFieldDescriptor *descriptor;
    const struct data_field *data; /* NULL: not in the class table */
    void *member;                  /* value, or pointer to the array */
    void *quantifier;              /* count of a repeated field, or case */
    size_t count;                  /* elements there: 0 when absent */
};

/* index counts from 0 to message->descriptor->n_fields - 1. */
struct field_view field_view(const ProtobufCMessage *message, unsigned index);

/* The same without looking into the class table: data is NULL. */
struct field_view field_view_bare(const ProtobufCMessage *message,
                                  unsigned index);

/* Element i < count: a pointer to the value (char ** for a string, …). */
void *field_element(const struct field_view *view, size_t i);

/* Bytes of one value of a type in its message or array. */
size_t message_element_bytes(ProtobufCType type);

/* Its name in JSON: "abortMessage". */
const char *field_json_name(const struct field_view *view);

/* Whether its elements are map entries: messages of a key and a value. */
bool field_is_map(const struct field_view *view);

/* "Crash" of "inquest.v1.Crash". */
const char *message_name(const ProtobufCMessageDescriptor *descriptor);

#endif
