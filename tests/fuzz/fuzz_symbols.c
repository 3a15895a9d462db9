/*
 * An ELF file with debug information, of whatever origin: the worker may die
 * of it, we may not. Context: tool.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolicate/symbols.h"
#include "tests/fuzz/fuzz.h"

#define ADDRESSES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct symbols_frame frames[SYMBOLS_FRAMES_MAX];
    const struct cache_store store = {-1, 0};
    char path[64];
    int fd = memfd_create("elf", 0);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return 0;
    (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", getpid(), fd);
    const struct debug_search search = {.path = path, .build_id = ""};
    struct symbols *symbols = symbols_open(&search, &store);
    for (uint64_t i = 0; symbols && i < ADDRESSES; i++) {
        uint64_t address = i * (size / ADDRESSES + 1);
        (void)symbols_resolve(symbols, address, frames);
    }
    symbols_close(&symbols);
    (void)close(fd);
    return 0;
}
