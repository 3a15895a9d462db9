/*
 * A DWARF package of whatever origin: every word of it is asked for as the id
 * of a unit, and what comes must be an ELF file; and the same as a .dwo file,
 * whose type units are hidden. Context: tool.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolicate/worker/dwo_types.h"
#include "symbolicate/worker/dwp.h"
#include "symbolicate/worker/elf_file.h"
#include "tests/fuzz/fuzz.h"

#define UNITS_MAX 16 /* that are written out, of one input */

static void check_unit(int unit_fd)
{
    struct elf_file file = ELF_FILE_CLOSED;
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", unit_fd);
    assert(elf_file_open(path, &file) == 0);
    elf_file_close(&file);
    (void)close(unit_fd);
}

static void ask(const struct dwp *dwp, const uint8_t *data, size_t size)
{
    int found = 0;

    for (size_t at = 0; at + 8 <= size && found < UNITS_MAX; at += 4) {
        uint64_t id;
        memcpy(&id, data + at, sizeof id);
        int unit_fd = dwp_unit(dwp, id);
        if (unit_fd < 0)
            continue;
        check_unit(unit_fd);
        found++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dwp *dwp = NULL;
    char path[64];
    int fd = memfd_create("dwp", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return close(fd);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (dwp_open(path, &dwp) == 0)
        ask(dwp, data, size);
    dwp_close(&dwp);
    fd = dwo_plain(fd);
    assert(fd >= 0);
    if (lseek(fd, 0, SEEK_END) != (off_t)size) /* unpacked: another file */
        check_unit(dup(fd));
    return close(fd);
}
