/*
 * The frame: how a report lies in a file. All numbers little-endian.
 *
 *     offset  size
 *     0       4     magic "INQR"
 *     4       2     version, 1
 *     6       2     flags: 0, or FRAME_SEALED
 *     8       8     size of the payload in bytes
 *     16      4     CRC-32C of the payload
 *     20      4     CRC-32C of bytes 0 to 19
 *     24      …     payload: the gzip of a packed inquest.v1.Report; or,
 * sealed, what reporter/queue/sealed.h says
 *
 * A file that is shorter, longer or different was torn: it is recognised,
 * never believed. Context: tool.
 */
#ifndef INQUEST_PROTO_FRAME_H
#define INQUEST_PROTO_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define FRAME_HEADER_BYTES      24
#define FRAME_VERSION           1
#define FRAME_SEALED            1u
#define FRAME_FLAGS_OFFSET      6
#define FRAME_PAYLOAD_BYTES_MAX (16u << 20) /* compressed */
#define FRAME_REPORT_BYTES_MAX  (64u << 20) /* after decompression */

/* Writes the header for payload; the caller writes the payload behind it. */
void frame_header(struct span payload, uint8_t ret_header[FRAME_HEADER_BYTES]);
void frame_header_sealed(struct span payload,
                         uint8_t ret_header[FRAME_HEADER_BYTES]);

/*
 * Checks a whole file and points *ret_payload into it. Fails with -ERR_MAGIC,
 * -ERR_VERSION, -ERR_LIMIT, -ERR_TORN, or -ERR_SEALED: nobody here reads it.
 */
MUST_CHECK int frame_open(struct span file, struct span *ret_payload);

/* The same, sealed or not. */
MUST_CHECK int frame_open_any(struct span file, struct span *ret_payload,
                              bool *ret_sealed);

/*
 * gzip (RFC 1952) of data into buffer, capacity bytes. No allocation outside
 * work, which is FRAME_GZIP_WORK_BYTES of scratch, 16-byte aligned. Fails with
 * -ERR_LIMIT when the result does not fit. The fast one is for a host that
 * waits: half the time, some per cent larger; and data that fits into one block
 * of a disk with its frame is stored as it is, for a file takes a block anyway.
 */
#define FRAME_GZIP_WORK_BYTES  (320u << 10)
#define FRAME_STORED_BYTES_MAX (4096u - FRAME_HEADER_BYTES - 23u)
MUST_CHECK int frame_gzip(struct span data, void *work, uint8_t *buffer,
                          size_t capacity, size_t *ret_size);
MUST_CHECK int frame_gzip_fast(struct span data, void *work, uint8_t *buffer,
                               size_t capacity, size_t *ret_size);

/*
 * Undoes gzip, at most size_bytes_max of result. *ret_data is from malloc, the
 * caller frees it. Fails with -ERR_LIMIT (more than that would come out),
 * -ERR_FORMAT (not gzip, or torn, or bytes behind its end), -ENOMEM.
 */
MUST_CHECK int frame_gunzip(struct span gzip, size_t size_bytes_max,
                            uint8_t **ret_data, size_t *ret_size);

#endif
