/* GNU hash look-up in foreign memory. Context: tool. */
#include "handler/dumper/target_symbol.h"

#include <elf.h>
#include <string.h>

#define DYNAMIC_MAX    128
#define CHAIN_MAX      65536
#define NAME_BYTES_MAX 256

struct tables {
    uint64_t hash, symbols, strings;
};

/* ld.so relocates these pointers in place; in a file they are not. */
static uint64_t pointer(const struct target_module *module, uint64_t value)
{
    return value < module->begin ? value + module->load_bias : value;
}

static bool read_tables(struct target *target,
                        const struct target_module *module,
                        struct tables *tables)
{
    Elf64_Dyn entry;

    *tables = (struct tables){0};
    for (uint64_t i = 0; module->dynamic && i < DYNAMIC_MAX; i++) {
        if (target_read(target, module->dynamic + i * sizeof entry, &entry,
                        sizeof entry) != sizeof entry ||
            entry.d_tag == DT_NULL)
            break;
        uint64_t at = pointer(module, entry.d_un.d_ptr);
        if (entry.d_tag == DT_GNU_HASH)
            tables->hash = at;
        if (entry.d_tag == DT_SYMTAB)
            tables->symbols = at;
        if (entry.d_tag == DT_STRTAB)
            tables->strings = at;
    }
    return tables->hash && tables->symbols && tables->strings;
}

static uint32_t gnu_hash(const char *name)
{
    uint32_t hash = 5381;

    for (; *name; name++)
        hash = hash * 33 + (uint8_t)*name;
    return hash;
}

static bool read_u32(struct target *target, uint64_t address,
                     uint32_t *ret_value)
{
    return target_read(target, address, ret_value, sizeof *ret_value) ==
           sizeof *ret_value;
}

/* Whether symbol number index is defined and has this name. */
static bool is_symbol(struct target *target, const struct tables *tables,
                      uint32_t index, const char *name, Elf64_Sym *symbol)
{
    char found[NAME_BYTES_MAX];
    size_t size = strlen(name) + 1;

    return size <= sizeof found &&
           target_read(target, tables->symbols + index * sizeof *symbol, symbol,
                       sizeof *symbol) == sizeof *symbol &&
           symbol->st_shndx != SHN_UNDEF &&
           target_read(target, tables->strings + symbol->st_name, found,
                       size) == size &&
           memcmp(found, name, size) == 0;
}

bool target_symbol_find(struct target *target,
                        const struct target_module *module, const char *name,
                        struct target_symbol *ret_symbol)
{
    struct tables tables;
    uint32_t header[4]; /* buckets, first symbol, bloom words, bloom shift */
    uint32_t wanted = gnu_hash(name);
    uint32_t index = 0;
    Elf64_Sym symbol;

    if (!read_tables(target, module, &tables) ||
        target_read(target, tables.hash, header, sizeof header) !=
            sizeof header ||
        header[0] == 0)
        return false;
    uint64_t buckets = tables.hash + sizeof header + 8ull * header[2];
    uint64_t chains = buckets + 4ull * header[0];
    if (!read_u32(target, buckets + 4ull * (wanted % header[0]), &index) ||
        index < header[1])
        return false;
    for (uint32_t n = 0; n < CHAIN_MAX; n++, index++) {
        uint32_t hash;
        if (!read_u32(target, chains + 4ull * (index - header[1]), &hash))
            return false;
        if ((hash | 1) == (wanted | 1) &&
            is_symbol(target, &tables, index, name, &symbol)) {
            uint64_t begin = module->load_bias + symbol.st_value;
            *ret_symbol = (struct target_symbol){begin, begin + symbol.st_size};
            return true;
        }
        if (hash & 1)
            return false;
    }
    return false;
}
