/*
 * Everything is numbered in the order in which rising addresses need it, a
 * parent before its child: what is asked together lies together, and the
 * result does not depend on which thread read which unit. Context: tool.
 */
#include "symbolicate/worker/cache_write.h"

#include <string.h>
#include <zlib.h>

#include "proto/base/io.h"
#include "symbolicate/worker/array.h"

#define SEGMENTS_A_BUCKET 16

/* One part while it grows. */
struct part {
    uint32_t *at;
    size_t count, capacity;
};

struct writer {
    const struct answers *answers;
    struct cache_header header;
    uint32_t *record_of, *name_of, *file_of; /* old number -> new */
    struct part parts[CACHE_STRINGS];        /* words */
    struct string_set strings;
    uint32_t record_count, file_count;
    uint8_t *bytes;
};

static int put(struct writer *writer, enum cache_part part, uint32_t word)
{
    struct part *array = &writer->parts[part];

    int r = ARRAY_ROOM(array, CACHE_BYTES_MAX / 4);
    if (r == 0)
        array->at[array->count++] = word;
    return r;
}

static uint32_t *numbers(size_t count)
{
    uint32_t *map = malloc((count + 1) * sizeof *map);

    if (map)
        memset(map, 0xff, (count + 1) * sizeof *map); /* CACHE_NONE */
    return map;
}

/* The offset of string in the strings part. */
static int put_string(struct writer *writer, const char *string,
                      uint32_t *ret_offset)
{
    uint32_t index;
    int r = string_set_add(&writer->strings, string, &index);

    if (r == 0)
        *ret_offset = writer->strings.at[index].offset;
    return r;
}

static int number_name(struct writer *writer, uint32_t old, uint32_t *ret_new)
{
    uint32_t offset = 0;
    int r = 0;

    *ret_new = CACHE_NONE;
    if (old == POOL_NONE)
        return 0;
    if (writer->name_of[old] == CACHE_NONE) {
        writer->name_of[old] = (uint32_t)writer->parts[CACHE_NAMES].count;
        r = put_string(writer, string_set_get(&writer->answers->strings, old),
                       &offset);
        if (r == 0)
            r = put(writer, CACHE_NAMES, offset);
    }
    *ret_new = writer->name_of[old];
    return r;
}

/* "/a/b/c.c" is kept as "/a/b" and "c.c". */
static int put_file(struct writer *writer, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash && slash > path ? slash + 1 : path;
    char directory[STRING_BYTES_MAX + 1];
    uint32_t offsets[2] = {0};

    size_t size = name > path ? (size_t)(name - path - 1) : 0;
    memcpy(directory, path, size);
    directory[size] = '\0';
    int r = put_string(writer, directory, &offsets[0]);
    if (r == 0)
        r = put_string(writer, name, &offsets[1]);
    if (r == 0)
        r = put(writer, CACHE_FILES, offsets[0]);
    return r < 0 ? r : put(writer, CACHE_FILES, offsets[1]);
}

static int number_file(struct writer *writer, uint32_t old, uint32_t *ret_new)
{
    int r = 0;

    *ret_new = CACHE_NONE;
    if (old == POOL_NONE)
        return 0;
    if (writer->file_of[old] == CACHE_NONE) {
        writer->file_of[old] = writer->file_count++;
        r = put_file(writer, string_set_get(&writer->answers->strings, old));
    }
    *ret_new = writer->file_of[old];
    return r;
}

static int number_record(struct writer *writer, uint32_t old, int depth,
                         uint32_t *ret_new)
{
    uint32_t words[4] = {0};
    int r = 0;

    *ret_new = CACHE_NONE;
    if (old == POOL_NONE || depth >= CACHE_FRAMES_MAX)
        return 0;
    if (writer->record_of[old] == CACHE_NONE) {
        const uint32_t *tuple = writer->answers->records.at[old].tuple.word;
        r = number_record(writer, tuple[3], depth + 1, &words[3]);
        if (r == 0)
            r = number_name(writer, tuple[0], &words[0]);
        if (r == 0)
            r = number_file(writer, tuple[1], &words[1]);
        words[2] = tuple[2];
        for (int i = 0; i < 4 && r == 0; i++)
            r = put(writer, CACHE_RECORDS, words[i]);
        writer->record_of[old] = writer->record_count++;
    }
    *ret_new = writer->record_of[old];
    return r;
}

static int put_start(struct writer *writer, uint64_t address, uint32_t answer)
{
    uint64_t offset = address - writer->header.address_base;

    if (offset >= UINT32_MAX)
        return 0; /* a module of more than 4 GiB: the rest has no answer */
    int r = put(writer, CACHE_STARTS, (uint32_t)offset);
    return r < 0 ? r : put(writer, CACHE_ANSWERS, answer);
}

static int put_segments(struct writer *writer)
{
    const struct segments *segments = &writer->answers->segments;
    uint64_t end = 0;
    int r = 0;

    writer->header.address_base = segments->count ? segments->at[0].begin : 0;
    for (size_t i = 0; i < segments->count && r == 0; i++) {
        const struct segment *segment = &segments->at[i];
        uint32_t answer = CACHE_NONE;
        if (i > 0 && segment->begin > end)
            r = put_start(writer, end, CACHE_NONE);
        if (r == 0)
            r = number_record(writer, segment->record, 0, &answer);
        if (r == 0)
            r = put_start(writer, segment->begin, answer);
        end = segment->end;
    }
    return r < 0 ? r : put_start(writer, end, CACHE_NONE);
}

/* The first segment at or above each multiple of the bucket's size. */
static int put_buckets(struct writer *writer)
{
    const struct part *starts = &writer->parts[CACHE_STARTS];
    uint32_t last = starts->count ? starts->at[starts->count - 1] : 0;
    size_t index = 0;
    int r = 0;

    writer->header.bucket_shift = 4;
    while (last >> writer->header.bucket_shift >
           starts->count / SEGMENTS_A_BUCKET + 1)
        writer->header.bucket_shift++;
    for (uint64_t at = 0; at <= last && r == 0;
         at += 1ull << writer->header.bucket_shift) {
        while (index < starts->count && starts->at[index] < at)
            index++;
        r = put(writer, CACHE_BUCKETS, (uint32_t)index);
    }
    return r;
}

/* Offsets and counts of all parts; the whole size. */
static int lay_out(struct writer *writer)
{
    static const unsigned words[CACHE_STRINGS] = {1, 1, 1, 4, 1, 2};
    uint64_t offset = sizeof writer->header;

    for (int i = 0; i < CACHE_STRINGS; i++) {
        writer->header.parts[i].offset = offset;
        writer->header.parts[i].count = writer->parts[i].count / words[i];
        offset += writer->parts[i].count * sizeof(uint32_t);
    }
    writer->header.parts[CACHE_STRINGS].offset = offset;
    writer->header.parts[CACHE_STRINGS].count = writer->strings.text_size;
    offset = (offset + writer->strings.text_size + 3) & ~3ull;
    uint64_t blocks = (offset + CACHE_BLOCK_BYTES - 1) >> CACHE_BLOCK_SHIFT;
    writer->header.parts[CACHE_CHECKSUMS].offset = offset;
    writer->header.parts[CACHE_CHECKSUMS].count = blocks;
    writer->header.file_bytes = offset + blocks * sizeof(uint32_t);
    return writer->header.file_bytes > CACHE_BYTES_MAX ? -ERR_LIMIT : 0;
}

static void fill(struct writer *writer)
{
    const struct cache_extent *parts = writer->header.parts;
    struct cache_header *header = &writer->header;
    uint64_t end = parts[CACHE_CHECKSUMS].offset;

    memcpy(header->magic, CACHE_MAGIC, sizeof header->magic);
    header->version = CACHE_VERSION;
    header->header_crc = (uint32_t)crc32(
        0, (const Bytef *)header, offsetof(struct cache_header, header_crc));
    memcpy(writer->bytes, header, sizeof *header);
    for (int i = 0; i < CACHE_STRINGS; i++) {
        if (writer->parts[i].count > 0) {
            memcpy(writer->bytes + parts[i].offset, writer->parts[i].at,
                   writer->parts[i].count * sizeof(uint32_t));
        }
    }
    if (writer->strings.text_size > 0) {
        memcpy(writer->bytes + parts[CACHE_STRINGS].offset,
               writer->strings.text, writer->strings.text_size);
    }
    for (uint64_t i = 0; i < parts[CACHE_CHECKSUMS].count; i++) {
        uint64_t begin = i << CACHE_BLOCK_SHIFT;
        uint64_t size =
            end - begin < CACHE_BLOCK_BYTES ? end - begin : CACHE_BLOCK_BYTES;
        uint32_t sum = (uint32_t)crc32(0, writer->bytes + begin, (uInt)size);
        memcpy(writer->bytes + end + i * sizeof sum, &sum, sizeof sum);
    }
}

static int write_all(int fd, struct writer *writer)
{
    int r = put_segments(writer);

    if (r == 0)
        r = put_buckets(writer);
    if (r == 0)
        r = lay_out(writer);
    if (r < 0)
        return r;
    writer->bytes = calloc(1, writer->header.file_bytes);
    if (!writer->bytes)
        return -ENOMEM;
    fill(writer);
    return io_write_all(fd, writer->bytes, writer->header.file_bytes);
}

int cache_write(int fd, const struct answers *answers,
                struct cache_header header)
{
    struct writer writer = {
        .answers = answers,
        .header = header,
        .record_of = numbers(answers->records.count),
        .name_of = numbers(answers->strings.count),
        .file_of = numbers(answers->strings.count),
    };
    int r = writer.record_of && writer.name_of && writer.file_of ? 0 : -ENOMEM;

    if (r == 0)
        r = write_all(fd, &writer);
    free(writer.record_of);
    free(writer.name_of);
    free(writer.file_of);
    for (int i = 0; i < CACHE_STRINGS; i++)
        free(writer.parts[i].at);
    string_set_clear(&writer.strings);
    free(writer.bytes);
    return r;
}
