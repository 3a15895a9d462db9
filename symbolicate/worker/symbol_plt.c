/*
 * Stubs of the procedure linkage table: each jumps through a slot of the
 * global offset table, and the slot's relocation names the function (x86-64
 * psABI, 5.2). Context: tool.
 */
#include <stdio.h>
#include <string.h>

#include "symbolicate/worker/array.h"
#include "symbolicate/worker/hash_map.h"
#include "symbolicate/worker/symbol_table.h"

#define STUB_BYTES    16
#define STUBS_MAX     1000000u
#define JUMP_BYTES    6 /* ff 25 and a displacement from the next pc */
#define PLT_NAME_SIZE 4096

struct slots {
    struct hash_map symbols; /* address of the slot -> symbol + 1 */
    Elf_Data *data;          /* of .dynsym */
    size_t strings;          /* section of its names */
};

static void read_relocations(Elf *elf, Elf_Scn *section,
                             const GElf_Shdr *header, struct slots *slots)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Shdr table;
    Elf_Scn *symbols = elf_getscn(elf, header->sh_link);

    if (!data || !symbols || !gelf_getshdr(symbols, &table) ||
        table.sh_type != SHT_DYNSYM || header->sh_entsize == 0)
        return;
    slots->data = elf_getdata(symbols, NULL);
    slots->strings = table.sh_link;
    size_t count = data->d_size / header->sh_entsize;
    for (size_t i = 0; i < count && i < STUBS_MAX; i++) {
        GElf_Rela rela;
        if (!gelf_getrela(data, (int)i, &rela))
            continue;
        uint64_t type = GELF_R_TYPE(rela.r_info);
        if ((type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT) &&
            hash_map_get(&slots->symbols, rela.r_offset) == HASH_MAP_NONE) {
            DROP(hash_map_add(&slots->symbols, rela.r_offset,
                              (uint32_t)GELF_R_SYM(rela.r_info)));
        }
    }
}

/* Where the stub's indirect jump looks; 0: no such jump. */
static uint64_t slot_of(const uint8_t *stub, size_t size, uint64_t address)
{
    int32_t displacement;

    for (size_t i = 0; i + JUMP_BYTES <= size; i++) {
        if (stub[i] != 0xff || stub[i + 1] != 0x25)
            continue;
        memcpy(&displacement, stub + i + 2, sizeof displacement);
        return address + i + JUMP_BYTES + (uint64_t)(int64_t)displacement;
    }
    return 0;
}

static int add_stub(struct symbol_table *table, Elf *elf,
                    const struct slots *slots, struct symbol stub,
                    uint64_t slot)
{
    char name[PLT_NAME_SIZE];
    uint32_t index = hash_map_get(&slots->symbols, slot);
    GElf_Sym symbol;

    if (index == HASH_MAP_NONE || index == 0 ||
        !gelf_getsym(slots->data, (int)index, &symbol))
        return 0;
    const char *plain = elf_strptr(elf, slots->strings, symbol.st_name);
    if (!plain || !*plain)
        return 0;
    (void)snprintf(name, sizeof name, "%s@plt", plain);
    int r = ARRAY_ROOM(table, SYMBOLS_MAX);
    if (r == 0)
        r = string_set_add(&table->strings, name, &stub.name);
    if (r == 0)
        table->at[table->count++] = stub;
    return r;
}

static int add_stubs(struct symbol_table *table, Elf *elf, const char *name,
                     const struct slots *slots)
{
    GElf_Shdr header;
    Elf_Scn *section = elf_file_section(elf, name, &header);
    Elf_Data *data = section ? elf_rawdata(section, NULL) : NULL;
    size_t step = strcmp(name, ".plt.got") == 0 && header.sh_addralign <= 8
                      ? 8
                      : STUB_BYTES;
    int r = 0;

    if (!data || !data->d_buf)
        return 0;
    for (size_t at = 0; at + step <= data->d_size && r == 0; at += step) {
        uint64_t address = header.sh_addr + at;
        struct symbol stub = {address, address + step, 0, 0};
        uint64_t slot =
            slot_of((const uint8_t *)data->d_buf + at, step, address);
        r = add_stub(table, elf, slots, stub, slot);
    }
    return r;
}

int symbol_table_add_plt(struct symbol_table *table,
                         const struct elf_file *file)
{
    static const char *const names[] = {".plt", ".plt.sec", ".plt.got"};
    struct slots slots = {0};
    GElf_Ehdr ehdr;
    GElf_Shdr header;
    int r = 0;

    if (!gelf_getehdr(file->elf, &ehdr) || ehdr.e_machine != EM_X86_64)
        return 0;
    for (Elf_Scn *at = NULL; (at = elf_nextscn(file->elf, at));) {
        if (gelf_getshdr(at, &header) && header.sh_type == SHT_RELA)
            read_relocations(file->elf, at, &header, &slots);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(names) && slots.data && r == 0; i++)
        r = add_stubs(table, file->elf, names[i], &slots);
    hash_map_clear(&slots.symbols);
    return r;
}
