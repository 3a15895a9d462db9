/* ELF by libelf. Context: tool. */
#include "symbolicate/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include <elfutils/libdwelf.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"

#define SYMBOLS_MAX 8000000u

int elf_file_open(const char *path, struct elf_file *ret_file)
{
    (void)elf_version(EV_CURRENT);
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (!elf || elf_kind(elf) != ELF_K_ELF) {
        (void)elf_end(elf);
        return -ERR_FORMAT;
    }
    *ret_file = (struct elf_file){fd_take(&fd), elf};
    return 0;
}

void elf_file_close(struct elf_file *file)
{
    if (file->elf)
        (void)elf_end(file->elf);
    fd_close(&file->fd);
    file->elf = NULL;
}

void elf_file_build_id(const struct elf_file *file, char *hex, size_t size)
{
    struct text text = text_init(hex, size);
    const void *bytes = NULL;
    ssize_t count = dwelf_elf_gnu_build_id(file->elf, &bytes);

    for (ssize_t i = 0; i < count; i++)
        text_append_hex(&text, ((const uint8_t *)bytes)[i], 2);
}

static int by_address(const void *left, const void *right)
{
    const struct elf_symbol *a = left;
    const struct elf_symbol *b = right;

    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return strcmp(a->name, b->name);
}

static Elf_Scn *find_section(Elf *elf, uint32_t type, GElf_Shdr *ret_header)
{
    for (Elf_Scn *at = NULL; (at = elf_nextscn(elf, at));) {
        if (gelf_getshdr(at, ret_header) && ret_header->sh_type == type)
            return at;
    }
    return NULL;
}

static size_t collect(Elf *elf, Elf_Data *data, const GElf_Shdr *header,
                      struct elf_symbol *symbols, size_t count)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_size == 0 ||
            symbol.st_shndx == SHN_UNDEF ||
            (GELF_ST_TYPE(symbol.st_info) != STT_FUNC &&
             GELF_ST_TYPE(symbol.st_info) != STT_GNU_IFUNC))
            continue;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name && *name) {
            symbols[used++] = (struct elf_symbol){
                symbol.st_value, symbol.st_value + symbol.st_size, name};
        }
    }
    qsort(symbols, used, sizeof *symbols, by_address);
    return used;
}

int elf_file_symbols(const struct elf_file *file,
                     struct elf_symbol **ret_symbols, size_t *ret_count)
{
    GElf_Shdr header;
    Elf_Scn *section = find_section(file->elf, SHT_SYMTAB, &header);

    if (!section)
        section = find_section(file->elf, SHT_DYNSYM, &header);
    Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
    if (!data || header.sh_entsize == 0)
        return -ERR_NOT_FOUND;
    size_t count = data->d_size / header.sh_entsize;
    if (count > SYMBOLS_MAX)
        return -ERR_LIMIT;
    struct elf_symbol *symbols = calloc(count + 1, sizeof *symbols);
    if (!symbols)
        return -ENOMEM;
    *ret_count = collect(file->elf, data, &header, symbols, count);
    *ret_symbols = symbols;
    return 0;
}
