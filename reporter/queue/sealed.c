/* Head and parts. Context: tool. */
#include "reporter/queue/sealed.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/data_class.h"
#include "proto/frame.h"

struct head {
    uint32_t parts;
    uint32_t needed;
    uint64_t epoch;
    uint32_t do_not_track;
    uint32_t reserved;
};
_Static_assert(sizeof(struct head) == 24, "no padding");

struct part_head {
    uint32_t classes;
    uint32_t size_bytes;
    uint64_t reserved;
};
_Static_assert(sizeof(struct part_head) == 16, "no padding");

/* Where the sealed bytes of a file with so many parts begin. */
static uint64_t bodies_offset(size_t parts)
{
    return sizeof(struct head) + parts * sizeof(struct part_head);
}

static int read_parts(struct span payload, struct sealed *sealed)
{
    uint64_t at = bodies_offset(sealed->count);
    struct part_head head = {0};

    for (size_t i = 0; i < sealed->count; i++) {
        int r = span_read(payload, sizeof(struct head) + i * sizeof head, &head,
                          sizeof head);
        if (r == 0) {
            sealed->parts[i].classes = le32toh(head.classes);
            r = span_part(payload, at, le32toh(head.size_bytes),
                          &sealed->parts[i].body);
        }
        if (r < 0)
            return r;
        at += sealed->parts[i].body.size_bytes;
    }
    return at == payload.size_bytes ? 0 : -ERR_FORMAT;
}

int sealed_read(struct span file, struct sealed *ret_sealed)
{
    struct sealed sealed = {0};
    struct span payload = {0};
    struct head head = {0};
    bool is_sealed = false;

    int r = frame_open_any(file, &payload, &is_sealed);
    if (r == 0 && !is_sealed)
        r = -EINVAL;
    if (r == 0)
        r = span_read(payload, 0, &head, sizeof head);
    if (r < 0)
        return r;
    sealed.count = le32toh(head.parts);
    sealed.needed = le32toh(head.needed);
    sealed.epoch = le64toh(head.epoch);
    sealed.do_not_track = head.do_not_track != 0;
    if (sealed.count < 1 || sealed.count > SEALED_PARTS_MAX ||
        sealed.needed < CLASS_REQUIRED || sealed.needed >= CLASS_COUNT)
        return -ERR_FORMAT;
    r = read_parts(payload, &sealed);
    if (r == 0)
        *ret_sealed = sealed;
    return r;
}

static void write_payload(const struct sealed *sealed, uint8_t *payload)
{
    struct head head = {
        .parts = htole32((uint32_t)sealed->count),
        .needed = htole32(sealed->needed),
        .epoch = htole64(sealed->epoch),
        .do_not_track = htole32(sealed->do_not_track),
    };
    uint8_t *body = payload + bodies_offset(sealed->count);

    memcpy(payload, &head, sizeof head);
    for (size_t i = 0; i < sealed->count; i++) {
        const struct sealed_part *part = &sealed->parts[i];
        struct part_head part_head = {
            .classes = htole32(part->classes),
            .size_bytes = htole32((uint32_t)part->body.size_bytes),
        };
        memcpy(payload + sizeof head + i * sizeof part_head, &part_head,
               sizeof part_head);
        memcpy(body, part->body.data, part->body.size_bytes);
        body += part->body.size_bytes;
    }
}

int sealed_write(const struct sealed *sealed, uint8_t **ret_file,
                 size_t *ret_size)
{
    uint64_t size = bodies_offset(sealed->count);

    for (size_t i = 0; i < sealed->count; i++)
        size += sealed->parts[i].body.size_bytes;
    if (size > FRAME_PAYLOAD_BYTES_MAX)
        return -ERR_LIMIT;
    uint8_t *file = malloc(FRAME_HEADER_BYTES + size);
    if (!file)
        return -ENOMEM;
    write_payload(sealed, file + FRAME_HEADER_BYTES);
    frame_header_sealed((struct span){file + FRAME_HEADER_BYTES, size}, file);
    *ret_file = file;
    *ret_size = FRAME_HEADER_BYTES + size;
    return 0;
}

const struct sealed_part *sealed_part(const struct sealed *sealed,
                                      uint32_t classes)
{
    for (size_t i = 0; i < sealed->count; i++) {
        if ((sealed->parts[i].classes & ~classes) == 0)
            return &sealed->parts[i];
    }
    return NULL;
}

size_t sealed_restrict(struct sealed *sealed, uint32_t classes)
{
    size_t kept = 0;

    if ((classes & CLASS_BIT(sealed->needed)) == 0)
        sealed->count = 0;
    for (size_t i = 0; i < sealed->count; i++) {
        if ((sealed->parts[i].classes & ~classes) == 0)
            sealed->parts[kept++] = sealed->parts[i];
    }
    sealed->count = kept;
    return kept;
}
