/* Bytes in gzip, as bodies are stored. Context: tool. */
#ifndef INQUEST_COLLECTOR_GZIP_H
#define INQUEST_COLLECTOR_GZIP_H

#include "proto/base/compiler.h"
#include "proto/base/span.h"

/* *ret_gzip is from malloc. Fails with -ENOMEM, or as frame_gzip. */
MUST_CHECK int gzip_make(struct span plain, uint8_t **ret_gzip,
                         size_t *ret_size);

#endif
