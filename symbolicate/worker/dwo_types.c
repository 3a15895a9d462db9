/* The sections keep their places and lose their names. Context: tool. */
#include "symbolicate/worker/dwo_types.h"

#include <dwarf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "proto/base/fd.h"
#include "symbolicate/worker/dwo_write.h"
#include "symbolicate/worker/dwp.h"
#include "symbolicate/worker/elf_file.h"
#include "symbolicate/worker/elf_image.h"

#define VERSION_AT      4
#define TYPE_AT         6
#define UNIT_HEAD_BYTES 7
#define DWARF_5         5

/* Whether it is one type unit and nothing else (DWARF 5, 7.5.1.2). */
static bool is_type_unit(Elf_Scn *section)
{
    const Elf_Data *data = elf_rawdata(section, NULL);
    uint32_t size;
    uint16_t version;

    if (!data || !data->d_buf || data->d_size < UNIT_HEAD_BYTES)
        return false;
    const uint8_t *bytes = data->d_buf;
    memcpy(&size, bytes, sizeof size);
    memcpy(&version, bytes + VERSION_AT, sizeof version);
    return size == data->d_size - sizeof size && version == DWARF_5 &&
           bytes[TYPE_AT] == DW_UT_split_type;
}

/* The name at the begin of the table of names is none. */
static bool hide(uint8_t *bytes, size_t size, const GElf_Ehdr *header,
                 size_t index)
{
    static const Elf64_Word none = 0;
    uint64_t place = index * sizeof(Elf64_Shdr);

    if (__builtin_add_overflow(place, header->e_shoff, &place) ||
        place > size || size - place < sizeof(Elf64_Shdr))
        return false;
    memcpy(bytes + place + offsetof(Elf64_Shdr, sh_name), &none, sizeof none);
    return true;
}

/* Whether there were any. The bytes of elf are ours to write. */
static bool hide_types(Elf *elf)
{
    GElf_Ehdr header;
    size_t names = 0;
    size_t size = 0;
    bool found = false;

    uint8_t *bytes = (uint8_t *)elf_rawfile(elf, &size);
    bool plain = bytes && gelf_getehdr(elf, &header) &&
                 gelf_getclass(elf) == ELFCLASS64 &&
                 elf_getshdrstrndx(elf, &names) == 0;
    for (Elf_Scn *at = NULL; plain && (at = elf_nextscn(elf, at));) {
        GElf_Shdr section;
        const char *name = gelf_getshdr(at, &section)
                               ? elf_strptr(elf, names, section.sh_name)
                               : NULL;
        if (name && strcmp(name, dwo_part_names[DWO_INFO]) == 0 &&
            is_type_unit(at))
            found |= hide(bytes, size, &header, elf_ndxscn(at));
    }
    return found;
}

/* Negative: libdw reads these bytes as well. */
static int rewrite(void *bytes, size_t size)
{
    struct elf_file file;

    int r = elf_file_open_memory(bytes, size, &file);
    if (r < 0)
        return r;
    bool unpacked = elf_image_is_packed(file.elf) && elf_image_make(&file) == 0;
    bool hidden = hide_types(file.elf);
    const void *all = elf_rawfile(file.elf, &size);
    r = (unpacked || hidden) && all ? dwo_memory_file(all, size) : -1;
    elf_file_close(&file);
    return r;
}

int dwo_plain(int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        status.st_size <= 0 || status.st_size > DWP_UNIT_BYTES_MAX)
        return fd;
    size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return fd;
    int made = rewrite(bytes, size);
    munmap(bytes, size);
    if (made < 0)
        return fd;
    fd_close(&fd);
    return made;
}
