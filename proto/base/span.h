/*
 * A pointer with its size, and reads that cannot leave it. Context: any.
 */
#ifndef INQUEST_PROTO_BASE_SPAN_H
#define INQUEST_PROTO_BASE_SPAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/compiler.h"
#include "proto/base/err.h"

struct span {
    const uint8_t *data; /* borrowed */
    size_t size_bytes;
};

/* The part [offset, offset + size) of whole. Fails with -ERR_FORMAT. */
MUST_CHECK static inline int span_part(struct span whole, uint64_t offset,
                                       uint64_t size_bytes,
                                       struct span *ret_part)
{
    uint64_t end;

    if (__builtin_add_overflow(offset, size_bytes, &end) ||
        end > whole.size_bytes)
        return -ERR_FORMAT;
    /* An empty whole may be NULL, which nothing may be added to. */
    *ret_part = (struct span){offset > 0 ? whole.data + offset : whole.data,
                              (size_t)size_bytes};
    return 0;
}

/* Copies size_bytes at offset to destination. Fails with -ERR_FORMAT. */
MUST_CHECK static inline int span_read(struct span whole, uint64_t offset,
                                       void *destination, size_t size_bytes)
{
    struct span part;
    int r = span_part(whole, offset, size_bytes, &part);
    if (r < 0)
        return r;
    memcpy(destination, part.data, size_bytes);
    return 0;
}

#endif
