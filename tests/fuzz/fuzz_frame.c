/*
 * A frame and the gzip in it, bombs too: never more comes out than was asked
 * for, and what comes out packs again. Context: tool.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/crc32c.h"
#include "proto/frame.h"
#include "tests/fuzz/fuzz.h"

#define PLAIN_BYTES_MAX (64u << 10)

static void unpack(struct span gzip)
{
    static uint8_t work[FRAME_GZIP_WORK_BYTES] __attribute__((aligned(16)));
    static uint8_t again[2 * PLAIN_BYTES_MAX];
    uint8_t *plain = NULL;
    size_t size = 0;
    size_t gzip_bytes = 0;

    if (frame_gunzip(gzip, PLAIN_BYTES_MAX, &plain, &size) < 0)
        return;
    assert(size <= PLAIN_BYTES_MAX);
    int r = frame_gzip((struct span){plain, size}, work, again, sizeof again,
                       &gzip_bytes);
    assert(r == 0);
    free(plain);
}

/* As it is; and with a header that fits, since no mutation makes one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span payload;
    uint8_t *file = malloc(FRAME_HEADER_BYTES + size);

    if (frame_open((struct span){data, size}, &payload) == 0)
        unpack(payload);
    if (file) {
        frame_header((struct span){data, size}, file);
        memcpy(file + FRAME_HEADER_BYTES, data, size);
        int r = frame_open((struct span){file, FRAME_HEADER_BYTES + size},
                           &payload);
        assert(r == 0 && payload.size_bytes == size);
        unpack(payload);
    }
    free(file);
    return 0;
}
