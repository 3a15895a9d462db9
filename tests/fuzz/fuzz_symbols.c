/* An ELF file with debug information, of whatever origin. Context: tool. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolicate/symbols.h"
#include "tests/fuzz/fuzz.h"

#define ADDRESSES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct symbols_frame frames[SYMBOLS_FRAMES_MAX];
    char path[64];
    int fd = memfd_create("elf", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return 0;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct symbols *symbols = symbols_open(path, NULL, "/nonexistent");
    for (uint64_t i = 0; symbols && i < ADDRESSES; i++) {
        uint64_t address = i * (size / ADDRESSES + 1);
        (void)symbols_resolve(symbols, address, frames);
    }
    symbols_close(&symbols);
    (void)close(fd);
    return 0;
}
