/*
 * A debug file on its way in: appended chunk by chunk to
 * upload/BUILD-ID-DIGEST, verified when it is whole (its digest, and the
 * build-id that inquest-symbolicate reads in it), then renamed into the
 * build-id tree. Killed half way it goes on from where it was. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_DEBUG_UPLOAD_H
#define INQUEST_COLLECTOR_DEBUG_UPLOAD_H

#include <stdint.h>

#include "collector/symbols/symbols.h"
#include "proto/base/span.h"

#define DEBUG_UPLOAD_CHUNK_BYTES_MAX (8u << 20)
#define DEBUG_UPLOAD_BYTES_MAX       (4ull << 30)
#define DEBUG_UPLOAD_FREE_BYTES_MIN  (256ull << 20) /* kept free on the disk */
#define DEBUG_UPLOAD_ID_MIN          8              /* hexadecimal digits */
#define DEBUG_UPLOAD_ID_MAX          128
#define DEBUG_UPLOAD_DIGEST_DIGITS   64 /* BLAKE2b-256 */

struct debug_upload {
    const struct symbols *symbols;
    int64_t project;
    const char *build_id; /* checked: lower-case hexadecimal */
    const char *digest;   /* the same */
    uint64_t size_bytes;  /* of the whole file */
};

enum debug_upload_state { UPLOAD_MISSING, UPLOAD_PARTIAL, UPLOAD_COMPLETE };

/* What is there of it; *ret_offset: where to go on. */
enum debug_upload_state debug_upload_look(const struct debug_upload *upload,
                                          uint64_t *ret_offset);

/*
 * Appends chunk at offset. 0: more is wanted, from *ret_offset; 1: complete
 * and verified. Fails with -ESPIPE (offset is another: *ret_offset), -ENOSPC,
 * -ERR_FORMAT (not what it said it was: thrown away), -errno.
 */
MUST_CHECK int debug_upload_append(const struct debug_upload *upload,
                                   uint64_t offset, struct span chunk,
                                   uint64_t *ret_offset);

#endif
