/* Gzip by the one who makes frames. Context: tool. */
#include "collector/http/gzip.h"

#include <errno.h>
#include <stdlib.h>

#include "proto/frame.h"

#define OVERHEAD_BYTES 1024 /* and a sixteenth: more than deflate ever adds */

int gzip_make(struct span plain, uint8_t **ret_gzip, size_t *ret_size)
{
    size_t capacity = plain.size_bytes + plain.size_bytes / 16 + OVERHEAD_BYTES;
    uint8_t *data = malloc(capacity);
    void *work = aligned_alloc(16, FRAME_GZIP_WORK_BYTES);
    int r = data && work ? frame_gzip(plain, work, data, capacity, ret_size)
                         : -ENOMEM;

    free(work);
    if (r < 0) {
        free(data);
        return r;
    }
    *ret_gzip = data;
    return 0;
}
