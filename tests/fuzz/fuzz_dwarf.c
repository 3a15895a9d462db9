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

/* address NULL: all, else what is around it. */
static int make(struct elf_file *file, const uint64_t *address, int fd)
{
    struct symbol_table symbols = {0};
    struct answers answers = {0};
    struct cache_header header = {0};
    struct build build = {.file = file, .selection.address = address};

    int r = symbol_table_add(&symbols, file);
    if (r == 0)
        r = symbol_table_add_plt(&symbols, file);
    elf_code_add(&build.selection.code, file->elf);
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

static void make_and_look_up(struct elf_file *file, const uint64_t *address)
{
    struct symbol_cache *cache = NULL;
    int fd = memfd_create("cache", MFD_CLOEXEC);

    if (fd >= 0 && make(file, address, fd) == 0) {
        assert(symbol_cache_open(fd, &cache) == 0);
        look_up(cache);
    }
    symbol_cache_close(&cache);
    close(fd);
}

/* In the middle of the first code there is. */
static uint64_t some_address(Elf *elf)
{
    struct elf_code code = {0};

    elf_code_add(&code, elf);
    return code.at[0].begin + (code.at[0].end - code.at[0].begin) / 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_file file = ELF_FILE_CLOSED;
    int input = memfd_create("elf", MFD_CLOEXEC);
    char path[64];

    if (input < 0 || write(input, data, size) != (ssize_t)size)
        return close(input);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", input);
    if (elf_file_open(path, &file) == 0) {
        uint64_t address = some_address(file.elf);
        make_and_look_up(&file, NULL);
        make_and_look_up(&file, &address);
        elf_file_close(&file);
    }
    return close(input);
}
