/*
 * A sealed file of the queue: a frame (frame.h) with the flag FRAME_SEALED,
 * whose payload nobody here can read but for what decides whether it may
 * leave. All numbers little-endian.
 *
 *     offset  size
 *     0       4     parts, 1 or 2
 *     4       4     class without which there is no report (outgoing_class)
 *     8       8     consent epoch of the report
 *     16      4     1: DO_NOT_TRACK was set where the program ran
 *     20      4     0
 *     24      16 a part: CLASS_BIT()s in it, size in bytes, 0, 0
 *     …             the parts: sealed (seal.h) gzips of packed reports
 *
 * The first part holds all that was allowed when it was sealed; the second,
 * where that is less, what is left without OPTIONAL and SENSITIVE data: so
 * that a denial can still take these away. Context: tool.
 */
#ifndef INQUEST_REPORTER_SEALED_H
#define INQUEST_REPORTER_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"

#define SEALED_PARTS_MAX 2

struct sealed_part {
    uint32_t classes;
    struct span body;
};

struct sealed {
    uint32_t needed; /* enum data_class */
    uint64_t epoch;
    bool do_not_track;
    size_t count;
    struct sealed_part parts[SEALED_PARTS_MAX];
};

/* Points into file. Fails as frame_open, -ERR_FORMAT, -EINVAL: not sealed. */
MUST_CHECK int sealed_read(struct span file, struct sealed *ret_sealed);

/* The whole file, from malloc. Fails with -ENOMEM, -ERR_LIMIT. */
MUST_CHECK int sealed_write(const struct sealed *sealed, uint8_t **ret_file,
                            size_t *ret_size);

/* The first part that holds nothing but classes; NULL: none. */
const struct sealed_part *sealed_part(const struct sealed *sealed,
                                      uint32_t classes);

/* Takes out the parts with more than classes; how many are left. */
size_t sealed_restrict(struct sealed *sealed, uint32_t classes);

#endif
