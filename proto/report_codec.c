/* Packing and unpacking. Context: tool. */
#include "proto/report_codec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/fmt.h"
#include "proto/class_filter.h"
#include "proto/data_class.h"
#include "proto/frame.h"
#include "proto/message_walk.h"

/* Memory of one unpacking. protobuf-c says NULL to bad bytes and to no memory
 * alike, and the one must not be taken for the other: a report that cannot be
 * read is given up. */
struct unpack_memory {
    size_t used_bytes;
    int error; /* of the first allocation that failed */
};

static void *unpack_alloc(void *opaque, size_t size)
{
    struct unpack_memory *memory = opaque;

    if (size > REPORT_MEMORY_BYTES_MAX - memory->used_bytes) {
        memory->error = -ERR_LIMIT;
        return NULL;
    }
    void *at = malloc(size);
    if (at) {
        memory->used_bytes += size;
    } else if (memory->error == 0) {
        memory->error = -ENOMEM;
    }
    return at;
}

static void unpack_free(void *opaque, void *memory)
{
    (void)opaque; /* what is freed on the way stays counted */
    free(memory);
}

int report_unpack(struct span packed, Inquest__V1__Report **ret_report)
{
    struct unpack_memory memory = {0};
    ProtobufCAllocator allocator = {unpack_alloc, unpack_free, &memory};

    if (packed.size_bytes > FRAME_REPORT_BYTES_MAX)
        return -ERR_LIMIT;
    Inquest__V1__Report *report =
        inquest__v1__report__unpack(&allocator, packed.size_bytes, packed.data);
    if (!report)
        return memory.error < 0 ? memory.error : -ERR_SCHEMA;
    (void)class_filter(&report->base, CLASS_ALL, NULL); /* unknown fields go */
    *ret_report = report;
    return 0;
}

void report_free(Inquest__V1__Report **report)
{
    if (*report)
        inquest__v1__report__free_unpacked(*report, NULL);
    *report = NULL;
}

int report_pack(const Inquest__V1__Report *report, uint8_t **ret_data,
                size_t *ret_size)
{
    size_t size = inquest__v1__report__get_packed_size(report);
    uint8_t *data = malloc(size ? size : 1);

    if (!data)
        return -ENOMEM;
    *ret_size = inquest__v1__report__pack(report, data);
    *ret_data = data;
    return 0;
}

int report_pack_into(const Inquest__V1__Report *report, uint8_t *buffer,
                     size_t capacity, size_t *ret_size)
{
    if (inquest__v1__report__get_packed_size(report) > capacity)
        return -ERR_LIMIT;
    *ret_size = inquest__v1__report__pack(report, buffer);
    return 0;
}

int report_open(struct span file, Inquest__V1__Report **ret_report)
{
    struct span payload;
    uint8_t *data = NULL;
    size_t size = 0;

    int r = frame_open(file, &payload);
    if (r == 0)
        r = frame_gunzip(payload, FRAME_REPORT_BYTES_MAX, &data, &size);
    if (r < 0)
        return r;
    r = report_unpack((struct span){data, size}, ret_report);
    free(data);
    return r;
}

int report_set_string(char **field, const char *value)
{
    char *copy = strdup(value);

    if (!copy)
        return -ENOMEM;
    if (*field != protobuf_c_empty_string)
        free(*field);
    *field = copy;
    return 0;
}

static int fill_string(char **field, const char *value)
{
    return *field && **field ? 0 : report_set_string(field, value);
}

static int expand_frame(const Inquest__V1__Report *report,
                        Inquest__V1__Frame *frame)
{
    char hex[129];
    struct text text = text_init(hex, sizeof hex);

    if (frame->has_module_index_case == 0 ||
        frame->module_index >= report->n_modules)
        return 0;
    const Inquest__V1__Module *module = report->modules[frame->module_index];
    for (size_t i = 0; i < module->build_id.len && i < 64; i++)
        text_append_hex(&text, module->build_id.data[i], 2);
    int r = fill_string(&frame->module, module->path);
    return r < 0 ? r : fill_string(&frame->build_id, hex);
}

int report_expand_frames(Inquest__V1__Report *report)
{
    for (size_t i = 0; i < report->n_threads; i++) {
        Inquest__V1__Thread *thread = report->threads[i];
        for (size_t j = 0; j < thread->n_frames; j++) {
            int r = expand_frame(report, thread->frames[j]);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

void report_id_text(const uint8_t bytes[16], char ret_id[REPORT_ID_BYTES])
{
    struct text text = text_init(ret_id, REPORT_ID_BYTES);

    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text_append(&text, "-");
        text_append_hex(&text, bytes[i], 2);
    }
}

static unsigned nibble(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10) & 0xf;
}

void report_id_bytes(const char *id, uint8_t ret_bytes[16])
{
    for (int i = 0; i < 16; i++) {
        id += *id == '-';
        ret_bytes[i] = (uint8_t)(nibble(id[0]) << 4 | nibble(id[1]));
        id += 2;
    }
}

void report_id_make(uint64_t unix_ms, const uint8_t random[10],
                    char ret_id[REPORT_ID_BYTES])
{
    uint8_t bytes[16];

    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(unix_ms >> (40 - 8 * i));
    memcpy(bytes + 6, random, 10);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x70);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    report_id_text(bytes, ret_id);
}
