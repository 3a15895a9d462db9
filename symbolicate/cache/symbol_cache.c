/* Reads the cache, trusting nothing in it. Context: tool. */
#include "symbolicate/cache/symbol_cache.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

#include "proto/base/err.h"
#include "symbolicate/demangle.h"

#define BITS_PER_WORD 64

struct symbol_cache {
    const uint8_t *bytes;
    struct cache_header header; /* a copy: the file may change below us */
    _Atomic(uint64_t) *checked; /* a bit a block that fits its checksum */
    _Atomic(char *) *names;
    _Atomic(char *) *paths;
    atomic_size_t memo_bytes;
    atomic_bool torn;
};

static const size_t element_bytes[CACHE_PARTS] = {
    [CACHE_STARTS] = 4,  [CACHE_ANSWERS] = 4,
    [CACHE_BUCKETS] = 4, [CACHE_RECORDS] = sizeof(struct cache_record),
    [CACHE_NAMES] = 4,   [CACHE_FILES] = sizeof(struct cache_file),
    [CACHE_STRINGS] = 1, [CACHE_CHECKSUMS] = 4,
};

static uint64_t block_count(const struct cache_header *header)
{
    return (header->parts[CACHE_CHECKSUMS].offset + CACHE_BLOCK_BYTES - 1) >>
           CACHE_BLOCK_SHIFT;
}

static bool parts_fit(const struct cache_header *header)
{
    for (int i = 0; i < CACHE_PARTS; i++) {
        const struct cache_extent *part = &header->parts[i];
        if (part->offset % 4 != 0 || part->offset < sizeof *header ||
            part->offset > header->file_bytes ||
            part->count >
                (header->file_bytes - part->offset) / element_bytes[i])
            return false;
    }
    return header->parts[CACHE_STARTS].count ==
               header->parts[CACHE_ANSWERS].count &&
           header->parts[CACHE_CHECKSUMS].count == block_count(header) &&
           header->bucket_shift < 32 &&
           header->build_id_bytes <= CACHE_ID_BYTES;
}

static int check_header(const struct cache_header *header, uint64_t file_bytes)
{
    if (memcmp(header->magic, CACHE_MAGIC, sizeof header->magic) != 0)
        return -ERR_MAGIC;
    if (header->version != CACHE_VERSION)
        return -ERR_VERSION;
    if (header->file_bytes != file_bytes ||
        header->header_crc != crc32(0, (const Bytef *)header,
                                    offsetof(struct cache_header, header_crc)))
        return -ERR_TORN;
    return parts_fit(header) ? 0 : -ERR_FORMAT;
}

static int make_memos(struct symbol_cache *cache)
{
    const struct cache_extent *parts = cache->header.parts;

    cache->checked = calloc(block_count(&cache->header) / BITS_PER_WORD + 1,
                            sizeof *cache->checked);
    cache->names = calloc(parts[CACHE_NAMES].count + 1, sizeof *cache->names);
    cache->paths = calloc(parts[CACHE_FILES].count + 1, sizeof *cache->paths);
    return cache->checked && cache->names && cache->paths ? 0 : -ENOMEM;
}

/* All but the memory of *cache itself, which is zeros. */
static int map(struct symbol_cache *cache, int fd, size_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

    if (bytes == MAP_FAILED)
        return -errno;
    cache->bytes = bytes;
    memcpy(&cache->header, bytes, sizeof cache->header);
    int r = check_header(&cache->header, size);
    if (r < 0) { /* its counts and sizes are not to be used */
        memset(&cache->header, 0, sizeof cache->header);
        cache->header.file_bytes = size;
        return r;
    }
    return make_memos(cache);
}

int symbol_cache_open(int fd, struct symbol_cache **ret_cache)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_size < (off_t)sizeof(struct cache_header) ||
        status.st_size > (off_t)CACHE_BYTES_MAX)
        return -ERR_TORN;
    struct symbol_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return -ENOMEM;
    int r = map(cache, fd, (size_t)status.st_size);
    if (r < 0) {
        symbol_cache_close(&cache);
    } else {
        *ret_cache = cache;
    }
    return r;
}

/* Whether text stands in the file itself: it is not ours to free. */
static bool is_mapped(const struct symbol_cache *cache, const char *text)
{
    return (uintptr_t)text - (uintptr_t)cache->bytes < cache->header.file_bytes;
}

static void clear_memos(const struct symbol_cache *cache,
                        _Atomic(char *) *memos, uint64_t count)
{
    for (uint64_t i = 0; memos && i < count; i++) {
        char *memo = atomic_load_explicit(&memos[i], memory_order_relaxed);
        if (!memo) /* most pages of a large table were never written */
            continue;
        atomic_store_explicit(&memos[i], NULL, memory_order_relaxed);
        if (!is_mapped(cache, memo))
            free(memo);
    }
}

/* All at once: freeing a part leaves memory in pieces (measured: slower). */
void symbol_cache_trim(struct symbol_cache *cache, size_t bytes_max)
{
    if (atomic_load_explicit(&cache->memo_bytes, memory_order_relaxed) <=
        bytes_max)
        return;
    clear_memos(cache, cache->names, cache->header.parts[CACHE_NAMES].count);
    clear_memos(cache, cache->paths, cache->header.parts[CACHE_FILES].count);
    atomic_store(&cache->memo_bytes, 0);
}

void symbol_cache_close(struct symbol_cache **cache)
{
    struct symbol_cache *c = *cache;

    if (!c)
        return;
    clear_memos(c, c->names, c->header.parts[CACHE_NAMES].count);
    clear_memos(c, c->paths, c->header.parts[CACHE_FILES].count);
    free(c->names);
    free(c->paths);
    free(c->checked);
    if (c->bytes)
        munmap((void *)(uintptr_t)c->bytes, c->header.file_bytes);
    free(c);
    *cache = NULL;
}

const struct cache_header *symbol_cache_header(const struct symbol_cache *cache)
{
    return &cache->header;
}

bool symbol_cache_is_torn(const struct symbol_cache *cache)
{
    return atomic_load(&cache->torn);
}

/* Whether a block's bytes are those that were written. */
static bool check_block(struct symbol_cache *cache, uint64_t block)
{
    const struct cache_extent *sums = &cache->header.parts[CACHE_CHECKSUMS];
    uint64_t begin = block << CACHE_BLOCK_SHIFT;
    uint64_t size = sums->offset - begin;
    uint32_t expected;

    if (size > CACHE_BLOCK_BYTES)
        size = CACHE_BLOCK_BYTES;
    memcpy(&expected, cache->bytes + sums->offset + block * 4, 4);
    if (crc32(0, cache->bytes + begin, (uInt)size) != expected) {
        atomic_store(&cache->torn, true);
        return false;
    }
    atomic_fetch_or_explicit(&cache->checked[block / BITS_PER_WORD],
                             1ull << block % BITS_PER_WORD,
                             memory_order_relaxed);
    return true;
}

static bool block_is_good(struct symbol_cache *cache, uint64_t block)
{
    uint64_t word = atomic_load_explicit(&cache->checked[block / BITS_PER_WORD],
                                         memory_order_relaxed);

    return (word >> block % BITS_PER_WORD & 1) || check_block(cache, block);
}

/* count elements of a part from index on; NULL beyond its end or torn. */
static const void *elements(struct symbol_cache *cache, enum cache_part part,
                            uint64_t index, uint64_t count)
{
    const struct cache_extent *extent = &cache->header.parts[part];
    uint64_t offset = extent->offset + index * element_bytes[part];
    uint64_t end = offset + count * element_bytes[part];

    if (index >= extent->count || count > extent->count - index ||
        end > cache->header.parts[CACHE_CHECKSUMS].offset)
        return NULL;
    for (uint64_t block = offset >> CACHE_BLOCK_SHIFT;
         block <= (end - 1) >> CACHE_BLOCK_SHIFT; block++) {
        if (!block_is_good(cache, block))
            return NULL;
    }
    return cache->bytes + offset;
}

static const void *element(struct symbol_cache *cache, enum cache_part part,
                           uint64_t index)
{
    return elements(cache, part, index, 1);
}

static uint32_t number(struct symbol_cache *cache, enum cache_part part,
                       uint64_t index, uint32_t otherwise)
{
    const uint32_t *at = element(cache, part, index);

    return at ? *at : otherwise;
}

/* How many of starts[count], which rise, are at or below offset. */
static uint64_t count_up_to(const uint32_t *starts, uint64_t count,
                            uint32_t offset)
{
    uint64_t low = 0;

    while (low < count) {
        uint64_t middle = low + (count - low) / 2;
        if (starts[middle] <= offset) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

/* The segment around offset: the last that begins at or below it. */
static uint64_t segment_at(struct symbol_cache *cache, uint32_t offset)
{
    uint64_t bucket = offset >> cache->header.bucket_shift;
    uint64_t count = cache->header.parts[CACHE_STARTS].count;
    uint64_t low = number(cache, CACHE_BUCKETS, bucket, 0);
    uint64_t high = number(cache, CACHE_BUCKETS, bucket + 1, UINT32_MAX);

    if (high > count)
        high = count;
    if (low < high) {
        const uint32_t *starts = elements(cache, CACHE_STARTS, low, high - low);
        if (!starts)
            return UINT64_MAX; /* beyond the end of every table: no answer */
        low += count_up_to(starts, high - low, offset);
    }
    return low - 1; /* 0 - 1 is beyond, too */
}

size_t symbol_cache_find(struct symbol_cache *cache, uint64_t address,
                         struct cache_record records[CACHE_FRAMES_MAX])
{
    uint64_t offset = address - cache->header.address_base;
    size_t count = 0;

    if (address < cache->header.address_base || offset >= UINT32_MAX)
        return 0;
    uint32_t at = number(cache, CACHE_ANSWERS,
                         segment_at(cache, (uint32_t)offset), CACHE_NONE);
    while (at != CACHE_NONE && count < CACHE_FRAMES_MAX) {
        const struct cache_record *record = element(cache, CACHE_RECORDS, at);
        if (!record)
            return 0;
        records[count++] = *record;
        if (record->parent != CACHE_NONE && record->parent >= at)
            return 0; /* a circle: not one of ours */
        at = record->parent;
    }
    return count;
}

/* A NUL-terminated string whose blocks have all been checked. */
static const char *string_at(struct symbol_cache *cache, uint64_t offset)
{
    const struct cache_extent *strings = &cache->header.parts[CACHE_STRINGS];
    uint64_t at = strings->offset + offset;
    uint64_t limit = strings->offset + strings->count;

    if (offset >= strings->count ||
        limit > cache->header.parts[CACHE_CHECKSUMS].offset)
        return NULL;
    if (limit - at > CACHE_STRING_MAX)
        limit = at + CACHE_STRING_MAX;
    for (uint64_t begin = at; begin < limit;) {
        uint64_t block = begin >> CACHE_BLOCK_SHIFT;
        uint64_t end = (block + 1) << CACHE_BLOCK_SHIFT;
        if (end > limit)
            end = limit;
        if (!block_is_good(cache, block))
            return NULL;
        if (memchr(cache->bytes + begin, '\0', end - begin))
            return (const char *)cache->bytes + at;
        begin = end;
    }
    return NULL;
}

/* Keeps made unless another thread was faster; returns what is kept. */
static const char *keep(struct symbol_cache *cache, _Atomic(char *) *memo,
                        char *made)
{
    char *before = NULL;

    if (atomic_compare_exchange_strong(memo, &before, made)) {
        atomic_fetch_add_explicit(&cache->memo_bytes, strlen(made) + 1,
                                  memory_order_relaxed);
        return made;
    }
    free(made);
    return before;
}

/* The same of a text that is as it stands in the file. */
static const char *keep_mapped(_Atomic(char *) *memo, const char *text)
{
    atomic_store(memo, (char *)(uintptr_t)text); /* any thread's is this one */
    return text;
}

const char *symbol_cache_name(struct symbol_cache *cache, uint32_t name)
{
    const uint32_t *offset = element(cache, CACHE_NAMES, name);

    if (!offset)
        return NULL;
    char *known = atomic_load(&cache->names[name]);
    if (known)
        return known;
    const char *mangled = string_at(cache, *offset);
    if (!mangled)
        return NULL;
    char *made = demangle(mangled);
    return made ? keep(cache, &cache->names[name], made)
                : keep_mapped(&cache->names[name], mangled);
}

const char *symbol_cache_path(struct symbol_cache *cache, uint32_t file)
{
    const struct cache_file *at = element(cache, CACHE_FILES, file);

    if (!at)
        return NULL;
    char *known = atomic_load(&cache->paths[file]);
    if (known)
        return known;
    const char *directory = string_at(cache, at->directory);
    const char *name = string_at(cache, at->name);
    if (!directory || !name)
        return NULL;
    if (directory[0] == '\0')
        return keep_mapped(&cache->paths[file], name);
    char *made = NULL;
    bool ends = directory[strlen(directory) - 1] == '/';
    if (asprintf(&made, "%s%s%s", directory, ends ? "" : "/", name) < 0)
        return NULL;
    return keep(cache, &cache->paths[file], made);
}
