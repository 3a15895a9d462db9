/*
 * Evidence: what a report says of itself that decides on its group, and no
 * more: nothing that differs from run to run. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_SIGNATURE_EVIDENCE_H
#define INQUEST_COLLECTOR_SIGNATURE_EVIDENCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/report_codec.h"

/*
 * The JSON of signature.h; a new reference, NULL without memory or for a kind
 * that has no groups (USAGE, FEEDBACK, SNAPSHOT, HEAP_PROFILE): nothing is
 * wrong with who was asked for them. The report's frames must be expanded.
 */
json_t *evidence_of(const Inquest__V1__Report *report);

#define EVIDENCE_HASH_BYTES 16

/*
 * The same evidence as a hash, without making the JSON: most stacks are known.
 * False for a kind that has no groups; ret_hash is then untouched.
 */
bool evidence_hash(const Inquest__V1__Report *report,
                   uint8_t ret_hash[EVIDENCE_HASH_BYTES]);

/* Whether a frame of it could be given a name and has none. */
bool evidence_lacks_names(const Inquest__V1__Report *report);

/* The name of a kind, "KIND_UNSPECIFIED" for a number without one. */
const char *kind_name(int kind);

/* Valid UTF-8 without control characters, cut to size_max bytes. */
json_t *clean_json(const char *text, size_t size_max);

#endif
