/* Symbols by libelf, xz by liblzma. Context: tool. */
#include "symbolicate/worker/symbol_table.h"

#include <lzma.h>
#include <string.h>

#include "symbolicate/worker/array.h"

static int add_symbol(struct symbol_table *table, const GElf_Sym *symbol,
                      uint64_t base, const char *name)
{
    struct symbol entry = {.begin = symbol->st_value + base};
    unsigned bind = GELF_ST_BIND(symbol->st_info);

    entry.end = entry.begin + symbol->st_size;
    entry.rank = bind == STB_GLOBAL ? 0 : bind == STB_WEAK ? 1 : 2;
    if (entry.end <= entry.begin)
        return 0;
    int r = ARRAY_ROOM(table, SYMBOLS_MAX);
    if (r == 0)
        r = string_set_add(&table->strings, name, &entry.name);
    if (r == 0)
        table->at[table->count++] = entry;
    return r;
}

/* A function with a size in a section of its own file. */
static bool is_code(Elf *elf, const GElf_Sym *symbol, bool relocatable,
                    uint64_t *ret_base)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    GElf_Shdr header;

    if (symbol->st_size == 0 || symbol->st_shndx == SHN_UNDEF ||
        (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE))
        return false;
    Elf_Scn *section = elf_getscn(elf, symbol->st_shndx);
    bool known = section && gelf_getshdr(section, &header);
    if (type == STT_NOTYPE && (!known || !(header.sh_flags & SHF_EXECINSTR)))
        return false;
    *ret_base = relocatable && known ? header.sh_addr : 0;
    return true;
}

static int add_section(struct symbol_table *table, Elf *elf, Elf_Scn *section,
                       const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Ehdr file;
    int r = 0;

    if (!data || header->sh_entsize == 0 || !gelf_getehdr(elf, &file))
        return 0;
    size_t count = data->d_size / header->sh_entsize;
    for (size_t i = 0; i < count && i < SYMBOLS_MAX && r == 0; i++) {
        GElf_Sym symbol;
        uint64_t base;
        if (!gelf_getsym(data, (int)i, &symbol) ||
            !is_code(elf, &symbol, file.e_type == ET_REL, &base))
            continue;
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name && *name)
            r = add_symbol(table, &symbol, base, name);
    }
    return r;
}

static int add_type(struct symbol_table *table, Elf *elf, uint32_t type,
                    bool *ret_found)
{
    GElf_Shdr header;
    int r = 0;

    for (Elf_Scn *at = NULL; (at = elf_nextscn(elf, at)) && r == 0;) {
        if (!gelf_getshdr(at, &header) || header.sh_type != type)
            continue;
        *ret_found = true;
        r = add_section(table, elf, at, &header);
    }
    return r;
}

/* From malloc; NULL where it cannot be unpacked within the limits. */
static uint8_t *unpack(const Elf_Data *data, size_t *ret_size)
{
    size_t capacity = data->d_size * 8 + 4096;

    while (capacity <= SYMBOLS_MINI_BYTES_MAX) {
        uint64_t memory = SYMBOLS_MINI_MEMORY_MAX;
        size_t used = 0;
        size_t made = 0;
        uint8_t *bytes = malloc(capacity);
        if (!bytes)
            return NULL;
        lzma_ret r =
            lzma_stream_buffer_decode(&memory, 0, NULL, data->d_buf, &used,
                                      data->d_size, bytes, &made, capacity);
        if (r == LZMA_OK) {
            *ret_size = made;
            return bytes;
        }
        free(bytes);
        if (r != LZMA_BUF_ERROR || used == data->d_size)
            return NULL;
        capacity *= 4;
    }
    return NULL;
}

static int add_mini(struct symbol_table *table, Elf *elf)
{
    GElf_Shdr header;
    Elf_Scn *section = elf_file_section(elf, ".gnu_debugdata", &header);
    Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
    struct elf_file mini;
    size_t size = 0;
    bool found = false;
    int r = 0;

    uint8_t *bytes = data && data->d_buf ? unpack(data, &size) : NULL;
    if (!bytes)
        return 0;
    if (elf_file_open_memory(bytes, size, &mini) == 0) {
        r = add_type(table, mini.elf, SHT_SYMTAB, &found);
        elf_file_close(&mini);
    }
    free(bytes);
    return r;
}

int symbol_table_add(struct symbol_table *table, const struct elf_file *file)
{
    bool found = false;
    int r = add_type(table, file->elf, SHT_SYMTAB, &found);

    if (r == 0)
        r = add_type(table, file->elf, SHT_DYNSYM, &found);
    return r < 0 ? r : add_mini(table, file->elf);
}

void symbol_table_clear(struct symbol_table *table)
{
    free(table->at);
    string_set_clear(&table->strings);
    *table = (struct symbol_table){0};
}
