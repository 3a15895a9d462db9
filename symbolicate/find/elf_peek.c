/* elf(5); sections as in the gABI, links as in GDB's manual. Context: tool. */
#include "symbolicate/find/elf_peek.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/span.h"

#define DEBUG_INFO "debug_info"

static void put_hex(struct span bytes, char hex[PEEK_ID_HEX])
{
    struct text text = text_init(hex, PEEK_ID_HEX);

    if (bytes.size_bytes * 2 >= PEEK_ID_HEX)
        return;
    for (size_t i = 0; i < bytes.size_bytes; i++)
        text_append_hex(&text, bytes.data[i], 2);
}

/* A NUL-terminated name at the start of bytes; its length, 0 for none. */
static size_t put_name(struct span bytes, char name[PEEK_LINK_BYTES])
{
    size_t length = strnlen((const char *)bytes.data, bytes.size_bytes);

    if (length == 0 || length == bytes.size_bytes || length >= PEEK_LINK_BYTES)
        return 0;
    memcpy(name, bytes.data, length + 1);
    return length;
}

static uint64_t padded(uint64_t size)
{
    return (size + 3) & ~3ull;
}

static void read_notes(struct span notes, struct elf_peek *peek)
{
    uint64_t at = 0;

    for (int i = 0; i < PEEK_NOTES_MAX; i++) {
        Elf64_Nhdr header;
        struct span name;
        struct span id;
        if (span_read(notes, at, &header, sizeof header) < 0)
            return;
        at += sizeof header;
        if (span_part(notes, at, header.n_namesz, &name) < 0 ||
            span_part(notes, at + padded(header.n_namesz), header.n_descsz,
                      &id) < 0)
            return;
        if (header.n_type == NT_GNU_BUILD_ID && name.size_bytes == 4 &&
            memcmp(name.data, ELF_NOTE_GNU, 4) == 0)
            put_hex(id, peek->build_id);
        at += padded(header.n_namesz) + padded(header.n_descsz);
    }
}

static void read_link(struct span bytes, struct elf_peek *peek)
{
    size_t length = put_name(bytes, peek->link);

    if (length > 0 && span_read(bytes, padded(length + 1), &peek->link_crc,
                                sizeof peek->link_crc) < 0)
        peek->link[0] = '\0';
}

static void read_alt_link(struct span bytes, struct elf_peek *peek)
{
    struct span id;
    size_t length = put_name(bytes, peek->alt_link);

    if (length > 0 &&
        span_part(bytes, length + 1, bytes.size_bytes - length - 1, &id) == 0)
        put_hex(id, peek->alt_id);
}

static void read_section(struct span file, const Elf64_Shdr *section,
                         const char *name, struct elf_peek *peek)
{
    struct span bytes;

    if (section->sh_type == SHT_NOBITS ||
        span_part(file, section->sh_offset, section->sh_size, &bytes) < 0)
        return;
    if (section->sh_type == SHT_NOTE) {
        read_notes(bytes, peek);
    } else if (strcmp(name, "." DEBUG_INFO) == 0 ||
               strcmp(name, ".z" DEBUG_INFO) == 0) {
        peek->debug_info_bytes = section->sh_size;
        peek->compressed =
            name[1] == 'z' || (section->sh_flags & SHF_COMPRESSED);
    } else if (strcmp(name, ".gnu_debuglink") == 0) {
        read_link(bytes, peek);
    } else if (strcmp(name, ".gnu_debugaltlink") == 0) {
        read_alt_link(bytes, peek);
    } else if (section->sh_type == SHT_SYMTAB ||
               section->sh_type == SHT_DYNSYM ||
               strcmp(name, ".gnu_debugdata") == 0) {
        peek->has_symbols = true;
    }
}

/* Section names: from names, "" where they leave it. */
static const char *name_at(struct span names, uint32_t offset)
{
    if (offset >= names.size_bytes ||
        !memchr(names.data + offset, '\0', names.size_bytes - offset))
        return "";
    return (const char *)names.data + offset;
}

static int section_at(struct span file, const Elf64_Ehdr *header,
                      uint64_t index, Elf64_Shdr *ret_section)
{
    uint64_t at;

    if (header->e_shentsize != sizeof *ret_section ||
        __builtin_add_overflow(header->e_shoff, index * sizeof *ret_section,
                               &at))
        return -ERR_FORMAT;
    return span_read(file, at, ret_section, sizeof *ret_section);
}

static int read_sections(struct span file, struct elf_peek *peek)
{
    Elf64_Ehdr header;
    Elf64_Shdr first;
    Elf64_Shdr section;
    struct span names;

    if (span_read(file, 0, &header, sizeof header) < 0 ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB)
        return -ERR_FORMAT;
    if (header.e_shoff == 0 || section_at(file, &header, 0, &first) < 0)
        return 0;
    uint64_t count = header.e_shnum ? header.e_shnum : first.sh_size;
    uint64_t strings =
        header.e_shstrndx == SHN_XINDEX ? first.sh_link : header.e_shstrndx;
    if (section_at(file, &header, strings, &section) < 0 ||
        span_part(file, section.sh_offset, section.sh_size, &names) < 0)
        return 0;
    for (uint64_t i = 1; i < count && i < PEEK_SECTIONS_MAX; i++) {
        if (section_at(file, &header, i, &section) < 0)
            return 0;
        read_section(file, &section, name_at(names, section.sh_name), peek);
    }
    return 0;
}

int elf_peek(const char *path, struct elf_peek *ret_peek)
{
    struct elf_peek peek = {0};
    struct stat status;

    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode) || status.st_size <= 0)
        return -ERR_FORMAT;
    size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return -errno;
    peek.size_bytes = size;
    peek.mtime_ns = (uint64_t)status.st_mtim.tv_sec * 1000000000u +
                    (uint64_t)status.st_mtim.tv_nsec;
    int r = read_sections((struct span){bytes, size}, &peek);
    munmap(bytes, size);
    if (r == 0)
        *ret_peek = peek;
    return r;
}
