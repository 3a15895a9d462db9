/*
 * Debug information of whatever origin, walked as the worker walks it, but in
 * this process; and the cache it makes must be one that its reader takes.
 * Context: tool.
 */
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolicate/cache/symbol_cache.h"
#include "symbolicate/worker/build.h"
#include "symbolicate/worker/cache_write.h"
#include "tests/fuzz/fuzz.h"

#define ADDRESSES 64

static int make(struct elf_file *file, int fd)
{
    struct symbol_table symbols = {0};
    struct answers answers = {0};
    struct cache_header header = {0};
    struct build build = {.file = file};

    int r = symbol_table_add(&symbols, file);
    if (r == 0)
        r = symbol_table_add_plt(&symbols, file);
    elf_code_add(&build.code, file->elf);
    if (r == 0)
        r = build_units(&build);
    if (r == 0) {
        r = answers_make(&answers, build.pools, BUILD_THREADS_MAX, &symbols);
    }
    if (r == 0)
        r = cache_write(fd, &answers, header);
    answers_clear(&answers);
    symbol_table_clear(&symbols);
    build_clear(&build);
    return r;
}

/* Whatever is in it, each answer is a chain that ends. */
static void look_up(struct symbol_cache *cache)
{
    struct cache_record records[CACHE_FRAMES_MAX];
    const struct cache_header *header = symbol_cache_header(cache);

    for (uint64_t i = 0; i < ADDRESSES; i++) {
        uint64_t address = header->address_base + i * i * 11;
        size_t count = symbol_cache_find(cache, address, records);
        assert(count <= CACHE_FRAMES_MAX);
        for (size_t at = 0; at < count; at++) {
            (void)symbol_cache_name(cache, records[at].name);
            (void)symbol_cache_path(cache, records[at].file);
        }
    }
    assert(!symbol_cache_is_torn(cache));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_file file = ELF_FILE_CLOSED;
    struct symbol_cache *cache = NULL;
    int input = memfd_create("elf", MFD_CLOEXEC);
    int output = memfd_create("cache", MFD_CLOEXEC);
    char path[64];

    if (input < 0 || output < 0 || write(input, data, size) != (ssize_t)size)
        return close(input) | close(output);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", input);
    if (elf_file_open(path, &file) == 0) {
        if (make(&file, output) == 0) {
            assert(symbol_cache_open(output, &cache) == 0);
            look_up(cache);
        }
        symbol_cache_close(&cache);
        elf_file_close(&file);
    }
    return close(input) | close(output);
}
