/*
 * Sections behind each other, then their names and headers (elf(5)). The
 * strings of all units may be hundreds of megabytes: the unit's own are copied,
 * and its offsets rewritten. Context: tool.
 */
#include "symbolicate/worker/dwo_write.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "symbolicate/worker/array.h"
#include "symbolicate/worker/dwp.h"

#define OFFSETS_HEADER_BYTES 8
#define SECTIONS             (1 + DWO_PARTS + 2) /* null, strings, names */
#define NAMES_BYTES          256

const char *const dwo_part_names[DWO_PARTS] = {
    [DWO_INFO] = ".debug_info.dwo",
    [DWO_ABBREV] = ".debug_abbrev.dwo",
    [DWO_LINE] = ".debug_line.dwo",
    [DWO_STR_OFFSETS] = ".debug_str_offsets.dwo",
    [DWO_RNGLISTS] = ".debug_rnglists.dwo",
};

struct bytes {
    uint8_t *at;
    size_t count, capacity;
};

struct writer {
    struct bytes file;
    Elf64_Shdr headers[SECTIONS];
    char names[NAMES_BYTES];
    size_t names_size;
    size_t count;
};

static int append(struct bytes *bytes, const void *data, size_t size)
{
    if (size > DWP_UNIT_BYTES_MAX - bytes->count)
        return -ERR_LIMIT;
    while (bytes->capacity - bytes->count < size) {
        size_t wanted = bytes->capacity ? bytes->capacity * 2 : 4096;
        uint8_t *grown = realloc(bytes->at, wanted);
        if (!grown)
            return -ENOMEM;
        bytes->at = grown;
        bytes->capacity = wanted;
    }
    if (size > 0)
        memcpy(bytes->at + bytes->count, data, size);
    bytes->count += size;
    return 0;
}

/* Adds a section, whose name fits by the table above. */
static int add(struct writer *writer, const char *name, struct span content)
{
    Elf64_Shdr *header = &writer->headers[writer->count++];
    size_t size = strlen(name) + 1;

    *header = (Elf64_Shdr){
        .sh_name = (uint32_t)writer->names_size,
        .sh_type = SHT_PROGBITS,
        .sh_flags = SHF_EXCLUDE,
        .sh_offset = writer->file.count,
        .sh_size = content.size_bytes,
        .sh_addralign = 1,
    };
    memcpy(writer->names + writer->names_size, name, size);
    writer->names_size += size;
    return append(&writer->file, content.data, content.size_bytes);
}

/* offsets, rewritten for strings that hold this unit's alone. */
static int take_strings(const struct dwo *dwo, struct bytes *offsets,
                        struct bytes *strings)
{
    struct span all = dwo->parts[DWO_STR_OFFSETS];
    size_t at = dwo->str_offsets_header ? OFFSETS_HEADER_BYTES : 0;
    int r = append(offsets, all.data, all.size_bytes < at ? 0 : at);

    for (; r == 0 && at + sizeof(uint32_t) <= all.size_bytes;
         at += sizeof(uint32_t)) {
        uint32_t from;
        uint32_t to = (uint32_t)strings->count;
        memcpy(&from, all.data + at, sizeof from);
        if (from >= dwo->strings.size_bytes)
            return -ERR_FORMAT;
        const char *text = (const char *)dwo->strings.data + from;
        size_t size = strnlen(text, dwo->strings.size_bytes - from);
        r = append(strings, text, size);
        if (r == 0)
            r = append(strings, "", 1);
        if (r == 0)
            r = append(offsets, &to, sizeof to);
    }
    return r;
}

static int add_all(struct writer *writer, const struct dwo *dwo,
                   const struct bytes *offsets, const struct bytes *strings)
{
    int r = 0;

    for (int i = 0; i < DWO_PARTS && r == 0; i++) {
        struct span content = dwo->parts[i];
        if (i == DWO_STR_OFFSETS)
            content = (struct span){offsets->at, offsets->count};
        if (content.size_bytes > 0)
            r = add(writer, dwo_part_names[i], content);
    }
    if (r == 0) {
        r = add(writer, DWO_STR_NAME,
                (struct span){strings->at, strings->count});
    }
    return r;
}

/* The names, the headers, and the header of all at the begin of the file. */
static int finish(struct writer *writer)
{
    static const char own_name[] = ".shstrtab";
    char names[NAMES_BYTES];
    size_t size = writer->names_size + sizeof own_name;

    memcpy(names, writer->names, writer->names_size);
    memcpy(names + writer->names_size, own_name, sizeof own_name);
    int r = add(writer, own_name, (struct span){(uint8_t *)names, size});
    writer->headers[writer->count - 1].sh_type = SHT_STRTAB;
    size_t padding = -writer->file.count & (sizeof(uint64_t) - 1);
    if (r == 0)
        r = append(&writer->file, (char[sizeof(uint64_t)]){0}, padding);
    Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                    EV_CURRENT},
        .e_type = ET_REL,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_shoff = writer->file.count,
        .e_ehsize = sizeof header,
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = (uint16_t)writer->count,
        .e_shstrndx = (uint16_t)(writer->count - 1),
    };
    if (r == 0) {
        r = append(&writer->file, writer->headers,
                   writer->count * sizeof(Elf64_Shdr));
    }
    if (r == 0)
        memcpy(writer->file.at, &header, sizeof header);
    return r;
}

int dwo_memory_file(const void *bytes, size_t size)
{
    OWNED_FD fd = memfd_create("dwo", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    int r = io_write_all(fd, bytes, size);
    if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
        r = -errno;
    return r < 0 ? r : fd_take(&fd);
}

int dwo_write(const struct dwo *dwo)
{
    struct writer writer = {.names_size = 1, .count = 1};
    struct bytes offsets = {0};
    struct bytes strings = {0};

    int r = append(&writer.file, &(Elf64_Ehdr){0}, sizeof(Elf64_Ehdr));
    if (r == 0)
        r = take_strings(dwo, &offsets, &strings);
    if (r == 0)
        r = add_all(&writer, dwo, &offsets, &strings);
    if (r == 0)
        r = finish(&writer);
    if (r == 0)
        r = dwo_memory_file(writer.file.at, writer.file.count);
    free(offsets.at);
    free(strings.at);
    free(writer.file.at);
    return r;
}
