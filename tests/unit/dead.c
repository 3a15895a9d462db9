/* A box that stands for a process. Context: tool. */
#include "tests/unit/dead.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#define FIRST_BASE 0x10000000ull
#define BASE_STEP  0x1000000ull /* beyond what a test asks of the one before */
#define NAME_AT    8            /* in the strings */

static struct box box;
static uint64_t base = FIRST_BASE;

struct box *dead_begin(void)
{
    memset(&box, 0, sizeof box);
    base += BASE_STEP;
    box.crash.stack_address = base;
    box.crash.stack_bytes = BOX_STACK_BYTES;
    box.crash.pid = 4711;
    box.crash.tid = 4711;
    return &box;
}

uint64_t dead_base(void)
{
    return base;
}

void *dead_at(size_t offset)
{
    return box.stack + offset;
}

void dead_put_u64(size_t offset, uint64_t value)
{
    memcpy(dead_at(offset), &value, sizeof value);
}

void dead_map(size_t begin, size_t end, const char *rights,
              const char *file_and_path)
{
    uint32_t used = box.crash.maps_bytes;
    int size = snprintf(box.maps + used, sizeof box.maps - used,
                        "%llx-%llx %s %s\n", (unsigned long long)base + begin,
                        (unsigned long long)base + end, rights, file_and_path);

    box.crash.maps_bytes += (uint32_t)size;
}

struct target *dead_open(void)
{
    struct target *target = target_open_box(&box);

    target_read_modules(target);
    return target;
}

static void put_headers(void)
{
    Elf64_Ehdr header = {.e_phoff = DEAD_HEADERS,
                         .e_phnum = 4,
                         .e_phentsize = sizeof(Elf64_Phdr)};
    const Elf64_Phdr headers[] = {
        {.p_type = PT_NOTE,
         .p_vaddr = DEAD_NOTE_OTHER,
         .p_memsz = DEAD_NOTES_END - DEAD_NOTE_OTHER},
        {.p_type = PT_LOAD, .p_memsz = DEAD_ELF_END},
        {.p_type = PT_DYNAMIC, .p_vaddr = DEAD_DYNAMIC},
        {.p_type = PT_GNU_EH_FRAME, .p_vaddr = DEAD_CODE},
    };

    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    memcpy(dead_at(0), &header, sizeof header);
    memcpy(dead_at(DEAD_HEADERS), headers, sizeof headers);
}

static void put_notes(void)
{
    const Elf64_Nhdr other = {4, 16, NT_GNU_ABI_TAG};
    const Elf64_Nhdr id = {4, 20, NT_GNU_BUILD_ID};

    memcpy(dead_at(DEAD_NOTE_OTHER), &other, sizeof other);
    memcpy(dead_at(DEAD_NOTE_OTHER + sizeof other), "GNU", 4);
    memcpy(dead_at(DEAD_NOTE_ID), &id, sizeof id);
    memcpy(dead_at(DEAD_NOTE_ID + sizeof id), "GNU", 4);
    memset(dead_at(DEAD_NOTE_ID + sizeof id + 4), 0xab, 20);
}

/* The dynamic section's "GNU hash", of a name. */
static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;

    for (; *name; name++)
        hash = hash * 33 + (uint8_t)*name;
    return hash;
}

static void put_symbols(const char *name)
{
    const Elf64_Dyn dynamic[] = {
        {DT_GNU_HASH, {base + DEAD_HASH}},
        {DT_SYMTAB, {base + DEAD_SYMBOLS}},
        {DT_STRTAB, {base + DEAD_STRINGS}},
        {DT_NULL, {0}},
    };
    const uint32_t hash[] = {
        1, 1, 1, 0, 0, 0, 1, hash_of("other") & ~1u, hash_of(name) | 1};
    const Elf64_Sym symbols[] = {
        {0},
        {.st_name = 1, .st_shndx = 1},
        {.st_name = NAME_AT,
         .st_shndx = 1,
         .st_value = DEAD_CODE,
         .st_size = 48},
    };

    memcpy(dead_at(DEAD_DYNAMIC), dynamic, sizeof dynamic);
    memcpy(dead_at(DEAD_HASH), hash, sizeof hash);
    memcpy(dead_at(DEAD_SYMBOLS), symbols, sizeof symbols);
    memcpy(dead_at(DEAD_STRINGS + 1), "other", 6);
    memcpy(dead_at(DEAD_STRING_NAME), name, strlen(name) + 1);
}

void dead_elf(const char *name, const char *path)
{
    char file[256];

    put_headers();
    put_notes();
    put_symbols(name);
    (void)snprintf(file, sizeof file, "00000000 08:01 77 %s", path);
    dead_map(0, 0x3000, "r--p", file);
    (void)snprintf(file, sizeof file, "00003000 08:01 77 %s", path);
    dead_map(0x3000, DEAD_ELF_END, "r-xp", file);
}

/* lea index(%rip), %rdi … add $16, %rax, as g++ 12 makes it. */
static void put_globals_code(void)
{
    static const uint8_t lea[] = {0x48, 0x8d, 0x3d};
    static const uint8_t add[] = {0x48, 0x05, DEAD_GLOBALS - DEAD_BLOCK};
    const int32_t distance = DEAD_TLS_INDEX - (DEAD_LEA + 7);

    memset(dead_at(DEAD_CODE), 0x90, 48);
    memcpy(dead_at(DEAD_LEA), lea, sizeof lea);
    memcpy(dead_at(DEAD_LEA + sizeof lea), &distance, sizeof distance);
    memset(dead_at(DEAD_ADD), 0, 6);
    memcpy(dead_at(DEAD_ADD), add, sizeof add);
}

void dead_exception(void)
{
    put_globals_code();
    dead_put_u64(DEAD_TLS_INDEX, 1);
    dead_put_u64(DEAD_SLOT, base + DEAD_HEADER);
    dead_put_u64(DEAD_THREAD + 8, base + DEAD_VECTOR);
    dead_put_u64(DEAD_VECTOR + 16, base + DEAD_BLOCK);
    dead_put_u64(DEAD_GLOBALS, base + DEAD_HEADER);
    dead_put_u64(DEAD_HEADER, base + DEAD_TYPE);
    dead_put_u64(DEAD_CLASS, 0x474e5543432b2b00ull); /* "GNUCC++" */
    dead_put_u64(DEAD_MESSAGE, base + DEAD_TEXT);
    dead_put_u64(DEAD_TYPE + 8, base + DEAD_NAME);
    dead_put_u64(DEAD_TYPE + 16, base + DEAD_BASE);
    dead_put_u64(DEAD_BASE + 8, base + DEAD_BASE_NAME);
    memcpy(dead_at(DEAD_NAME), "7MyError", 9);
    memcpy(dead_at(DEAD_BASE_NAME), "St13runtime_error", 18);
    memcpy(dead_at(DEAD_TEXT), "boom", 5);
}
