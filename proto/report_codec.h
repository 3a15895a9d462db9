/*
 * The report as bytes. JSON is report_json.h. Context: tool.
 */
#ifndef INQUEST_PROTO_REPORT_CODEC_H
#define INQUEST_PROTO_REPORT_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"
#include "proto/report.pb-c.h" /* generated from report.proto */

#define REPORT_ID_BYTES 37 /* a UUID as text, with the NUL */

/* Two bytes of a message can ask for a struct: a bomb, as with gzip. */
#define REPORT_MEMORY_BYTES_MAX (256u << 20)

/*
 * Unpacks a packed report; unknown fields are dropped. *ret_report is freed by
 * report_free. Fails with -ERR_SCHEMA, -ERR_LIMIT (FRAME_REPORT_BYTES_MAX, or
 * it would take more than REPORT_MEMORY_BYTES_MAX), or -ENOMEM.
 */
MUST_CHECK int report_unpack(struct span packed,
                             Inquest__V1__Report **ret_report);
void report_free(Inquest__V1__Report **report);
#define OWNED_REPORT CLEANUP(report_free) Inquest__V1__Report

/* Packs into memory from malloc, which the caller frees. */
MUST_CHECK int report_pack(const Inquest__V1__Report *report,
                           uint8_t **ret_data, size_t *ret_size);

/* File bytes (frame, gzip) to report, all checks of frame.h and above. */
MUST_CHECK int report_open(struct span file, Inquest__V1__Report **ret_report);

/*
 * Fills module and buildId of every frame from modules[moduleIndex], so that
 * a reader needs no index. Idempotent.
 */
MUST_CHECK int report_expand_frames(Inquest__V1__Report *report);

/*
 * Puts a copy of value into a string field of an unpacked message, whose
 * default value is not ours to free. Fails with -ENOMEM: as it was.
 */
MUST_CHECK int report_set_string(char **field, const char *value);

/* Packs into buffer without allocating. Fails with -ERR_LIMIT. */
MUST_CHECK int report_pack_into(const Inquest__V1__Report *report,
                                uint8_t *buffer, size_t capacity,
                                size_t *ret_size);

/*
 * A UUID version 7 (RFC 9562 section 5.7) from a time and 10 random bytes:
 * pure, so that tests can hand both in.
 */
void report_id_make(uint64_t unix_ms, const uint8_t random[10],
                    char ret_id[REPORT_ID_BYTES]);

/* An id's 16 bytes as text, and back: the text must be of a UUID. */
void report_id_text(const uint8_t bytes[16], char ret_id[REPORT_ID_BYTES]);
void report_id_bytes(const char *id, uint8_t ret_bytes[16]);

#endif
