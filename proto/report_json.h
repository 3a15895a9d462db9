/*
 * The report as JSON: the proto3 mapping (lowerCamelCase, 64-bit integers as
 * strings, enums by name), but for the schema's formats: HEX "0x1f",
 * HEX_BYTES lower case, TIME_UNIX_MS RFC 3339 UTC with milliseconds. A field
 * with presence (a one-member oneof) is written even when it is zero; others
 * are left out when empty. Context: tool.
 */
#ifndef INQUEST_PROTO_REPORT_JSON_H
#define INQUEST_PROTO_REPORT_JSON_H

#include <jansson.h>

#include "proto/base/compiler.h"
#include "proto/report_codec.h"

/* A new reference; NULL only without memory. Works for any message. */
json_t *report_to_json(const ProtobufCMessage *message);

#endif
