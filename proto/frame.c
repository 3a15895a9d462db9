/* Frame and gzip. Context: tool. */
#include "proto/frame.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "proto/base/arena.h"
#include "proto/base/crc32c.h"

#define MAGIC        "INQR"
#define GZIP_WRAPPER 16 /* added to the window's bits (zlib.h) */
#define WINDOW_MIN   9
#define WINDOW_MAX   15
#define WINDOW_FAST  13 /* threads resemble each other within 8 KiB */
#define LEVEL_SMALL  6
#define MEMORY_SMALL 8
#define LEVEL_FAST   1
#define MEMORY_FAST  6 /* less to clear, fewer pages to touch */
#define CHUNK_BYTES  (64u << 10)

#define DEFLATE_RATIO_MAX 1032 /* 258 bytes by two bits, zlib.net */

struct header {
    char magic[4];
    uint16_t version;
    uint16_t flags;
    uint64_t payload_bytes;
    uint32_t payload_crc;
    uint32_t header_crc;
};
_Static_assert(sizeof(struct header) == FRAME_HEADER_BYTES, "no padding");

static void make_header(struct span payload, uint16_t flags,
                        uint8_t ret_header[FRAME_HEADER_BYTES])
{
    struct header header = {
        .magic = {'I', 'N', 'Q', 'R'},
        .version = htole16(FRAME_VERSION),
        .flags = htole16(flags),
        .payload_bytes = htole64(payload.size_bytes),
        .payload_crc = htole32(crc32c(0, payload.data, payload.size_bytes)),
    };

    header.header_crc =
        htole32(crc32c(0, &header, offsetof(struct header, header_crc)));
    memcpy(ret_header, &header, sizeof header);
}

void frame_header(struct span payload, uint8_t ret_header[FRAME_HEADER_BYTES])
{
    make_header(payload, 0, ret_header);
}

void frame_header_sealed(struct span payload,
                         uint8_t ret_header[FRAME_HEADER_BYTES])
{
    make_header(payload, FRAME_SEALED, ret_header);
}

int frame_open(struct span file, struct span *ret_payload)
{
    struct span payload;
    bool sealed;

    int r = frame_open_any(file, &payload, &sealed);
    if (r == 0 && sealed)
        r = -ERR_SEALED;
    if (r == 0)
        *ret_payload = payload;
    return r;
}

int frame_open_any(struct span file, struct span *ret_payload, bool *ret_sealed)
{
    struct header header;

    if (span_read(file, 0, &header, sizeof header) < 0)
        return -ERR_TORN;
    if (memcmp(header.magic, MAGIC, sizeof header.magic) != 0)
        return -ERR_MAGIC;
    if (le32toh(header.header_crc) !=
        crc32c(0, &header, offsetof(struct header, header_crc)))
        return -ERR_TORN;
    uint16_t flags = le16toh(header.flags);
    if (le16toh(header.version) != FRAME_VERSION ||
        (flags & ~FRAME_SEALED) != 0)
        return -ERR_VERSION;
    uint64_t size = le64toh(header.payload_bytes);
    if (size > FRAME_PAYLOAD_BYTES_MAX)
        return -ERR_LIMIT;
    if (size != file.size_bytes - sizeof header)
        return -ERR_TORN;
    struct span payload = {file.data + sizeof header, (size_t)size};
    if (le32toh(header.payload_crc) !=
        crc32c(0, payload.data, payload.size_bytes))
        return -ERR_TORN;
    *ret_payload = payload;
    *ret_sealed = flags != 0;
    return 0;
}

static voidpf work_alloc(voidpf arena, uInt items, uInt size)
{
    return arena_alloc(arena, (size_t)items * size);
}

static void work_free(voidpf arena, voidpf address)
{
    (void)arena;
    (void)address;
}

struct span_out {
    uint8_t *data;
    size_t capacity;
};

/* The memory of one compression, and zlib's two wishes for it. */
struct effort {
    struct arena arena;
    int level;
    int memory;
    int window; /* bits, at most */
};

/* No match is farther away than the data is long, and zlib clears all of a
 * window: half of the time that a small report takes. */
static int window_bits(size_t size_bytes, int most)
{
    int bits = WINDOW_MIN;

    while (bits < most && (size_t)1 << bits < size_bytes)
        bits++;
    return bits;
}

static int gzip(struct effort *effort, struct span data, struct span_out out,
                size_t *ret_size)
{
    z_stream stream = {
        .zalloc = work_alloc,
        .zfree = work_free,
        .opaque = &effort->arena,
        .next_in = (z_const Bytef *)data.data,
        .avail_in = (uInt)data.size_bytes,
        .next_out = out.data,
        .avail_out = (uInt)out.capacity,
    };

    if (data.size_bytes > FRAME_REPORT_BYTES_MAX || out.capacity > UINT32_MAX)
        return -ERR_LIMIT;
    if (deflateInit2(&stream, effort->level, Z_DEFLATED,
                     window_bits(data.size_bytes, effort->window) +
                         GZIP_WRAPPER,
                     effort->memory, Z_DEFAULT_STRATEGY) != Z_OK)
        return -ENOMEM;
    int r = deflate(&stream, Z_FINISH);
    size_t size = stream.total_out;
    (void)deflateEnd(&stream); /* the arena is the caller's */
    if (r != Z_STREAM_END)
        return -ERR_LIMIT;
    *ret_size = size;
    return 0;
}

int frame_gzip(struct span data, void *work, uint8_t *buffer, size_t capacity,
               size_t *ret_size)
{
    struct effort small = {{work, FRAME_GZIP_WORK_BYTES, 0},
                           LEVEL_SMALL,
                           MEMORY_SMALL,
                           WINDOW_MAX};

    return gzip(&small, data, (struct span_out){buffer, capacity}, ret_size);
}

struct gzip_head {
    uint8_t member[10]; /* RFC 1952 2.3: magic, deflate, no time, Unix */
    uint8_t block;      /* RFC 1951 3.2.4: the last one, stored */
    uint16_t size_bytes;
    uint16_t not_size_bytes;
} __attribute__((packed));

struct gzip_tail {
    uint32_t crc32;
    uint32_t size_bytes;
} __attribute__((packed));

/* gzip of data as it is. */
static int gzip_stored(struct span data, struct span_out out, size_t *ret_size)
{
    const struct gzip_head head = {
        .member = {0x1f, 0x8b, 8, [9] = 3},
        .block = 1,
        .size_bytes = htole16((uint16_t)data.size_bytes),
        .not_size_bytes = htole16((uint16_t)~data.size_bytes),
    };
    const struct gzip_tail tail = {
        .crc32 = htole32((uint32_t)crc32(0, data.data, (uInt)data.size_bytes)),
        .size_bytes = htole32((uint32_t)data.size_bytes),
    };
    size_t size = sizeof head + data.size_bytes + sizeof tail;

    if (size > out.capacity)
        return -ERR_LIMIT;
    memcpy(out.data, &head, sizeof head);
    memcpy(out.data + sizeof head, data.data, data.size_bytes);
    memcpy(out.data + size - sizeof tail, &tail, sizeof tail);
    *ret_size = size;
    return 0;
}

int frame_gzip_fast(struct span data, void *work, uint8_t *buffer,
                    size_t capacity, size_t *ret_size)
{
    struct effort fast = {
        {work, FRAME_GZIP_WORK_BYTES, 0}, LEVEL_FAST, MEMORY_FAST, WINDOW_FAST};

    if (data.size_bytes <= FRAME_STORED_BYTES_MAX)
        return gzip_stored(data, (struct span_out){buffer, capacity}, ret_size);
    return gzip(&fast, data, (struct span_out){buffer, capacity}, ret_size);
}

/*
 * What the end of a gzip says of its size (RFC 1952), if that is possible at
 * all; it is a hint. 0: none. Deflate cannot shrink by more than 1,032.
 */
static size_t told_bytes(struct span gzip)
{
    uint32_t told = 0;

    if (gzip.size_bytes >= sizeof told) {
        memcpy(&told, gzip.data + gzip.size_bytes - sizeof told, sizeof told);
        told = le32toh(told);
    }
    return told / DEFLATE_RATIO_MAX < gzip.size_bytes ? told : 0;
}

/* From nothing to first, then doubles *data, up to the limit. */
static int grow(uint8_t **data, size_t *capacity, size_t first, size_t limit)
{
    if (*capacity >= limit)
        return -ERR_LIMIT;
    size_t wanted = *capacity ? *capacity * 2 : first;
    if (wanted > limit)
        wanted = limit;
    uint8_t *grown = realloc(*data, wanted);
    if (!grown)
        return -ENOMEM;
    *data = grown;
    *capacity = wanted;
    return 0;
}

/* What inflate said, when it did not end: 0 to go on. */
static int inflate_error(const z_stream *stream, int z)
{
    if (z == Z_MEM_ERROR)
        return -ENOMEM;
    if ((z != Z_OK && z != Z_BUF_ERROR) || stream->avail_out > 0)
        return -ERR_FORMAT;
    return 0;
}

/* With Z_FINISH and room for all, zlib needs no window of its own. */
static int inflate_all(z_stream *stream, size_t first, size_t limit,
                       uint8_t **data)
{
    size_t capacity = 0;

    for (;;) {
        if (stream->total_out == capacity) {
            int r = grow(data, &capacity, first, limit);
            if (r < 0)
                return r;
        }
        stream->next_out = *data + stream->total_out;
        stream->avail_out = (uInt)(capacity - stream->total_out);
        int z = inflate(stream, Z_FINISH);
        if (z == Z_STREAM_END)
            return stream->avail_in ? -ERR_FORMAT : 0;
        int r = inflate_error(stream, z);
        if (r < 0)
            return r;
    }
}

int frame_gunzip(struct span gzip, size_t size_bytes_max, uint8_t **ret_data,
                 size_t *ret_size)
{
    z_stream stream = {
        .next_in = (z_const Bytef *)gzip.data,
        .avail_in = (uInt)gzip.size_bytes,
    };
    uint8_t *data = NULL;
    size_t told = told_bytes(gzip);

    if (gzip.size_bytes > FRAME_PAYLOAD_BYTES_MAX)
        return -ERR_LIMIT;
    if (inflateInit2(&stream, WINDOW_MAX + GZIP_WRAPPER) != Z_OK)
        return -ENOMEM;
    int r =
        inflate_all(&stream, told ? told : CHUNK_BYTES, size_bytes_max, &data);
    size_t size = stream.total_out;
    (void)inflateEnd(&stream); /* only frees */
    if (r < 0) {
        free(data);
        return r;
    }
    *ret_data = data;
    *ret_size = size;
    return 0;
}
