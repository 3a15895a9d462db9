/* Filter, pack, compress, drop. All memory is static. Context: tool. */
#include "handler/dumper/deliver.h"

#include <errno.h>
#include <string.h>

#include "handler/dumper/populate.h"
#include "proto/class_filter.h"
#include "proto/data_class.h"
#include "proto/frame.h"

#define PACKED_BYTES_MAX     (16u << 20)
#define COMPRESSED_BYTES_MAX (8u << 20)
#define WORK_BYTES_TOUCHED   (40u << 10)

static uint8_t packed[PACKED_BYTES_MAX];
static uint8_t file[FRAME_HEADER_BYTES + COMPRESSED_BYTES_MAX];
static size_t compressed_bytes;
static __attribute__((aligned(16))) uint8_t work[FRAME_GZIP_WORK_BYTES];

/* What the filter takes out lies in the arena: nothing to free. */
static void *no_alloc(void *unused, size_t size)
{
    (void)unused;
    (void)size;
    return NULL;
}

static void no_free(void *unused, void *memory)
{
    (void)unused;
    (void)memory;
}

static int compress(struct build *build, uint32_t allowed)
{
    ProtobufCAllocator arena = {no_alloc, no_free, NULL};
    size_t size = 0;

    (void)class_filter(&build->report.base, allowed, &arena);
    int r = report_pack_into(&build->report, packed, sizeof packed, &size);
    if (r == 0) {
        if (size > FRAME_STORED_BYTES_MAX)
            populate(work, WORK_BYTES_TOUCHED);
        r = frame_gzip_fast((struct span){packed, size}, work,
                            file + FRAME_HEADER_BYTES, COMPRESSED_BYTES_MAX,
                            &compressed_bytes);
    }
    if (r == 0) {
        frame_header((struct span){file + FRAME_HEADER_BYTES, compressed_bytes},
                     file);
    }
    return r;
}

int deliver_queue(struct build *build, uint32_t allowed,
                  struct queue *ret_queue)
{
    *ret_queue = (struct queue)QUEUE_CLOSED;
    int r = compress(build, allowed);
    if (r == 0)
        r = queue_open(build->state_fd, ret_queue);
    if (r == 0)
        r = queue_room(ret_queue, compressed_bytes);
    if (r == 0) {
        r = queue_drop(
            ret_queue, build->report_id,
            (struct span){file, FRAME_HEADER_BYTES},
            (struct span){file + FRAME_HEADER_BYTES, compressed_bytes});
    }
    if (r == -EEXIST)
        r = 0; /* an earlier attempt at this very report came so far */
    if (r < 0)
        queue_close(ret_queue);
    return r;
}

int deliver_spill(struct box *box)
{
    size_t size = FRAME_HEADER_BYTES + compressed_bytes;

    if (compressed_bytes == 0 || size > sizeof box->spill)
        return -ERR_LIMIT;
    memcpy(box->spill, file, size);
    __atomic_store_n(&box->control.spill_bytes, (uint32_t)size,
                     __ATOMIC_RELEASE);
    return 0;
}
