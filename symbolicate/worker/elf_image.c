/*
 * 64-bit little-endian only: what is not is read as it is. Compression as in
 * the gABI, chapter "Sections"; relocations as in the x86-64 psABI, 4.4.
 * Context: tool.
 */
#include "symbolicate/worker/elf_image.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "proto/base/err.h"

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

/* The copy while it is made: header, sections, section headers. */
struct image {
    uint8_t *bytes;
    size_t capacity, used;
    Elf64_Shdr *headers;
    size_t count;
};

/* The compression header of a section that has one. */
static bool is_packed(Elf_Scn *section, const GElf_Shdr *header,
                      GElf_Chdr *ret_compression)
{
    return (header->sh_flags & SHF_COMPRESSED) &&
           gelf_getchdr(section, ret_compression);
}

/* Debug sections that no answer depends on are not unpacked. */
static bool is_wanted(Elf *elf, const GElf_Shdr *header)
{
    static const char *const unwanted[] = {
        ".debug_loc",         ".debug_loclists", ".debug_aranges",
        ".debug_frame",       ".debug_macro",    ".debug_macinfo",
        ".debug_names",       ".debug_pubnames", ".debug_pubtypes",
        ".debug_gdb_scripts",
    };
    size_t names = 0;

    if (elf_getshdrstrndx(elf, &names) != 0)
        return true;
    const char *name = elf_strptr(elf, names, header->sh_name);
    for (size_t i = 0; name && i < ARRAY_LENGTH(unwanted); i++) {
        if (strcmp(name, unwanted[i]) == 0)
            return false;
    }
    return true;
}

bool elf_image_is_packed(Elf *elf)
{
    GElf_Shdr section;

    for (Elf_Scn *at = NULL; (at = elf_nextscn(elf, at));) {
        GElf_Chdr compression;
        if (gelf_getshdr(at, &section) && is_packed(at, &section, &compression))
            return true;
    }
    return false;
}

bool elf_image_is_needed(Elf *elf)
{
    GElf_Ehdr header;

    if (!gelf_getehdr(elf, &header) || gelf_getclass(elf) != ELFCLASS64 ||
        header.e_ident[EI_DATA] != ELFDATA2LSB)
        return false;
    return (header.e_type == ET_REL && header.e_machine == EM_X86_64) ||
           elf_image_is_packed(elf);
}

/* Bytes of the section as they are in the file; NULL where there are none. */
static Elf_Data *raw_data(Elf_Scn *section, const GElf_Shdr *header)
{
    if (header->sh_type == SHT_NOBITS || header->sh_type == SHT_NULL)
        return NULL;
    Elf_Data *data = elf_rawdata(section, NULL);
    return data && data->d_buf ? data : NULL;
}

/* The size of the section in the image. */
static uint64_t plain_size(Elf_Scn *section, const GElf_Shdr *header)
{
    GElf_Chdr compression;

    if (header->sh_type == SHT_NOBITS)
        return 0;
    return is_packed(section, header, &compression) ? compression.ch_size
                                                    : header->sh_size;
}

static bool inflate_all(const uint8_t *packed, size_t packed_size,
                        uint8_t *target, size_t size)
{
    struct libdeflate_decompressor *decompressor =
        libdeflate_alloc_decompressor();

    if (!decompressor)
        return false;
    enum libdeflate_result r = libdeflate_zlib_decompress(
        decompressor, packed, packed_size, target, size, NULL);
    libdeflate_free_decompressor(decompressor);
    return r == LIBDEFLATE_SUCCESS;
}

static bool unpack(const Elf_Data *data, uint32_t type, uint8_t *target,
                   size_t size)
{
    if (data->d_size < sizeof(Elf64_Chdr))
        return false;
    const uint8_t *packed = (const uint8_t *)data->d_buf + sizeof(Elf64_Chdr);
    size_t packed_size = data->d_size - sizeof(Elf64_Chdr);
    if (type == ELFCOMPRESS_ZSTD)
        return ZSTD_decompress(target, size, packed, packed_size) == size;
    return type == ELFCOMPRESS_ZLIB &&
           inflate_all(packed, packed_size, target, size);
}

static void copy_section(struct image *image, Elf_Scn *section,
                         const GElf_Shdr *header, size_t index)
{
    Elf64_Shdr *copy = &image->headers[index];
    GElf_Chdr compression;
    Elf_Data *data = raw_data(section, header);
    uint64_t size = copy->sh_size;
    uint8_t *target = image->bytes + image->used;

    copy->sh_offset = image->used;
    if (copy->sh_type == SHT_NOBITS)
        return;
    bool good = data != NULL; /* a size beyond the file's end has none */
    if (good && is_packed(section, header, &compression)) {
        good = unpack(data, compression.ch_type, target, size);
    } else if (good) {
        memcpy(target, data->d_buf, data->d_size < size ? data->d_size : size);
    }
    copy->sh_flags &= ~(uint64_t)SHF_COMPRESSED;
    if (good) {
        image->used += (size + 15) & ~15ull;
    } else {
        copy->sh_type = SHT_NOBITS;
    }
}

/* Headers with their plain sizes; the bytes the sections will need. */
static int read_headers(Elf *elf, struct image *image)
{
    uint64_t total = 0;

    for (Elf_Scn *at = NULL; (at = elf_nextscn(elf, at));) {
        size_t index = elf_ndxscn(at);
        GElf_Shdr header;
        if (index >= image->count || !gelf_getshdr(at, &header))
            return -ERR_FORMAT;
        if (!is_wanted(elf, &header))
            header.sh_type = SHT_NOBITS;
        uint64_t size = plain_size(at, &header);
        image->headers[index] = header;
        if (header.sh_type != SHT_NOBITS)
            image->headers[index].sh_size = size;
        if (size > ELF_IMAGE_BYTES_MAX ||
            (total += size + 16) > ELF_IMAGE_BYTES_MAX)
            return -ERR_LIMIT;
    }
    image->used = sizeof(Elf64_Ehdr);
    image->capacity =
        sizeof(Elf64_Ehdr) + total + 16 + image->count * sizeof(Elf64_Shdr);
    return 0;
}

static int copy_sections(Elf *elf, struct image *image)
{
    void *bytes = mmap(NULL, image->capacity, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (bytes == MAP_FAILED)
        return -errno;
    image->bytes = bytes;
    for (Elf_Scn *at = NULL; (at = elf_nextscn(elf, at));) {
        GElf_Shdr header;
        if (gelf_getshdr(at, &header))
            copy_section(image, at, &header, elf_ndxscn(at));
    }
    return 0;
}

static void put_header(Elf *elf, struct image *image)
{
    GElf_Ehdr header;

    if (!gelf_getehdr(elf, &header))
        return;
    header.e_phoff = 0;
    header.e_phnum = 0;
    header.e_shoff = image->used;
    memcpy(image->bytes, &header, sizeof header);
    memcpy(image->bytes + image->used, image->headers,
           image->count * sizeof *image->headers);
}

/* .text first, then what else is code. */
static void lay_out_code(Elf *elf, struct image *image)
{
    uint64_t next = 0;
    GElf_Shdr header;
    Elf_Scn *text = elf_file_section(elf, ".text", &header);
    size_t first = text ? elf_ndxscn(text) : 0;

    if (first > 0 && first < image->count) {
        image->headers[first].sh_addr = 0;
        next = image->headers[first].sh_size;
    }
    for (size_t i = 1; i < image->count; i++) {
        Elf64_Shdr *section = &image->headers[i];
        uint64_t align = section->sh_addralign ? section->sh_addralign : 1;
        if (i == first || !(section->sh_flags & SHF_EXECINSTR) ||
            section->sh_size > UINT32_MAX || align > UINT32_MAX)
            continue;
        section->sh_addr = (next + align - 1) / align * align;
        next = section->sh_addr + section->sh_size;
    }
}

/* A section's bytes in the image; false where it has none. */
static bool bytes_of(const struct image *image, size_t index, uint8_t **ret_at,
                     size_t *ret_size)
{
    if (index == 0 || index >= image->count ||
        image->headers[index].sh_type == SHT_NOBITS ||
        image->headers[index].sh_offset == 0)
        return false;
    *ret_at = image->bytes + image->headers[index].sh_offset;
    *ret_size = image->headers[index].sh_size;
    return true;
}

static bool symbol_value(const struct image *image, size_t table,
                         uint32_t index, uint64_t *ret_value)
{
    Elf64_Sym symbol;
    uint8_t *at;
    size_t size;

    if (!bytes_of(image, table, &at, &size) || index >= size / sizeof symbol)
        return false;
    memcpy(&symbol, at + index * sizeof symbol, sizeof symbol);
    *ret_value = symbol.st_value;
    if (symbol.st_shndx < image->count)
        *ret_value += image->headers[symbol.st_shndx].sh_addr;
    return true;
}

static void apply(uint8_t *target, size_t size, const Elf64_Rela *rela,
                  uint64_t value)
{
    size_t width = 4;

    switch (ELF64_R_TYPE(rela->r_info)) {
    case R_X86_64_64:
        width = 8;
        break;
    case R_X86_64_32:
    case R_X86_64_32S:
        break;
    default:
        return; /* thread-local offsets and such: no names depend on them */
    }
    value += (uint64_t)rela->r_addend;
    if (rela->r_offset <= size && size - rela->r_offset >= width)
        memcpy(target + rela->r_offset, &value, width);
}

/* Only sections that are not loaded: debug information. */
static void relocate(const struct image *image, const Elf64_Shdr *relocations,
                     size_t index)
{
    uint8_t *at;
    uint8_t *target;
    size_t size;
    size_t target_size;

    if (!bytes_of(image, index, &at, &size) ||
        !bytes_of(image, relocations->sh_info, &target, &target_size) ||
        (image->headers[relocations->sh_info].sh_flags & SHF_ALLOC))
        return;
    for (size_t i = 0; i < size / sizeof(Elf64_Rela); i++) {
        Elf64_Rela rela;
        uint64_t value;
        memcpy(&rela, at + i * sizeof rela, sizeof rela);
        if (symbol_value(image, relocations->sh_link,
                         (uint32_t)ELF64_R_SYM(rela.r_info), &value))
            apply(target, target_size, &rela, value);
    }
}

static int fill(Elf *elf, struct image *image)
{
    GElf_Ehdr header;

    if (elf_getshdrnum(elf, &image->count) != 0 || image->count == 0 ||
        image->count > ELF_SECTIONS_MAX || !gelf_getehdr(elf, &header))
        return -ERR_FORMAT;
    image->headers = calloc(image->count, sizeof *image->headers);
    if (!image->headers)
        return -ENOMEM;
    int r = read_headers(elf, image);
    if (r == 0)
        r = copy_sections(elf, image);
    if (r < 0)
        return r;
    if (header.e_type == ET_REL) {
        lay_out_code(elf, image);
        for (size_t i = 1; i < image->count; i++) {
            if (image->headers[i].sh_type == SHT_RELA)
                relocate(image, &image->headers[i], i);
        }
    }
    put_header(elf, image);
    return 0;
}

int elf_image_make(struct elf_file *file)
{
    struct image image = {0};
    struct elf_file made;

    int r = fill(file->elf, &image);
    free(image.headers);
    if (r == 0)
        r = elf_file_open_memory(image.bytes, image.capacity, &made);
    if (r < 0) {
        if (image.bytes)
            munmap(image.bytes, image.capacity);
        return r;
    }
    (void)elf_end(file->elf);
    file->elf = made.elf;
    file->image = image.bytes;
    file->image_bytes = image.capacity;
    return 0;
}
