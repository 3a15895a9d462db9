/*
 * An ELF file of whatever origin, chosen or not: what is read of it in our own
 * process. The rest is the worker's (fuzz_dwarf.c). Context: tool.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolicate/find/debug_file.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_peek peek;
    struct debug_file file;
    char path[64];
    int fd = memfd_create("elf", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return close(fd);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (elf_peek(path, &peek) == 0) {
        assert(strlen(peek.build_id) < PEEK_ID_HEX);
        assert(strlen(peek.link) < PEEK_LINK_BYTES);
        assert(strlen(peek.alt_link) < PEEK_LINK_BYTES);
    }
    const char *directories[] = {"/nonexistent"};
    const struct debug_search search = {
        .path = path,
        .build_id = "",
        .directories = directories,
        .directory_count = 1,
    };
    debug_file_find(&search, &file);
    debug_file_clear(&file);
    return close(fd);
}
