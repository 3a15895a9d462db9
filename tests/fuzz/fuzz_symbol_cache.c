/*
 * A symbol cache that a stranger wrote. Half the inputs get a good header
 * checksum, so that what lies behind it is reached. Context: tool.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "symbolicate/cache/symbol_cache.h"
#include "tests/fuzz/fuzz.h"

#define ADDRESSES 256

static void seal(uint8_t *bytes, size_t size)
{
    struct cache_header header;

    memcpy(&header, bytes, sizeof header);
    header.file_bytes = size;
    header.header_crc = (uint32_t)crc32(
        0, (const Bytef *)&header, offsetof(struct cache_header, header_crc));
    memcpy(bytes, &header, sizeof header);
    uint64_t sums = header.parts[CACHE_CHECKSUMS].offset;
    for (uint64_t at = 0, i = 0; at < sums && sums <= size;
         at += CACHE_BLOCK_BYTES, i++) {
        uint64_t rest = sums - at;
        uint32_t sum = (uint32_t)crc32(
            0, bytes + at,
            (uInt)(rest < CACHE_BLOCK_BYTES ? rest : CACHE_BLOCK_BYTES));
        if (size - sums >= (i + 1) * sizeof sum)
            memcpy(bytes + sums + i * sizeof sum, &sum, sizeof sum);
    }
}

static void look_up(struct symbol_cache *cache)
{
    struct cache_record records[CACHE_FRAMES_MAX];
    const struct cache_header *header = symbol_cache_header(cache);

    for (uint64_t i = 0; i < ADDRESSES; i++) {
        uint64_t address = header->address_base + i * i * 37;
        size_t count = symbol_cache_find(cache, address, records);
        for (size_t at = 0; at < count; at++) {
            (void)symbol_cache_name(cache, records[at].name);
            (void)symbol_cache_path(cache, records[at].file);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct symbol_cache *cache = NULL;
    int fd = memfd_create("cache", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
        size < sizeof(struct cache_header))
        return close(fd);
    if (size % 2 == 0) {
        uint8_t *bytes =
            mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (bytes != MAP_FAILED) {
            seal(bytes, size);
            munmap(bytes, size);
        }
    }
    if (symbol_cache_open(fd, &cache) == 0)
        look_up(cache);
    symbol_cache_close(&cache);
    return close(fd);
}
