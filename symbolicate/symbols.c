/* Finds the files, then asks DWARF, then the symbol table. Context: tool. */
#include "symbolicate/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbolicate/demangle.h"
#include "symbolicate/dwarf_walk.h"
#include "symbolicate/elf_file.h"

#define DEFAULT_DEBUG_DIR "/usr/lib/debug"
#define NAMES_MAX         200000u /* demangled names kept */

struct symbols {
    struct elf_file main;
    struct elf_file debug;
    Dwarf *dwarf;
    struct dwarf_walk *walk;
    struct elf_symbol *table;
    size_t table_count;
    bool table_read;
    enum symbols_state state;
    char build_id[SYMBOLS_BUILD_ID_MAX];
    char debug_path[SYMBOLS_PATH_MAX];
    char **names; /* demangled; freed at close */
    size_t name_count;
};

static bool has_dwarf(struct symbols *symbols, struct elf_file *file)
{
    if (!file->elf)
        return false;
    symbols->dwarf = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
    if (!symbols->dwarf)
        return false;
    symbols->walk = dwarf_walk_open(symbols->dwarf);
    if (!symbols->walk) {
        (void)dwarf_end(symbols->dwarf);
        symbols->dwarf = NULL;
    }
    return symbols->walk != NULL;
}

/* DIR/.build-id/ab/cdef….debug, checked against the build-id itself. */
static void open_debug_file(struct symbols *symbols, const char *debug_dir)
{
    char found[SYMBOLS_BUILD_ID_MAX];
    const char *id = symbols->build_id;

    if (strlen(id) < 4)
        return;
    (void)snprintf(symbols->debug_path, sizeof symbols->debug_path,
                   "%s/.build-id/%.2s/%s.debug",
                   debug_dir ? debug_dir : DEFAULT_DEBUG_DIR, id, id + 2);
    if (elf_file_open(symbols->debug_path, &symbols->debug) < 0)
        return;
    elf_file_build_id(&symbols->debug, found, sizeof found);
    if (strcmp(found, id) != 0)
        elf_file_close(&symbols->debug);
}

/* The file itself, unless its build-id is another one. */
static void open_main_file(struct symbols *symbols, const char *path)
{
    char found[SYMBOLS_BUILD_ID_MAX];

    if (!path || elf_file_open(path, &symbols->main) < 0)
        return;
    elf_file_build_id(&symbols->main, found, sizeof found);
    if (symbols->build_id[0] && strcmp(found, symbols->build_id) != 0) {
        symbols->state = SYMBOLS_MISMATCH;
        elf_file_close(&symbols->main);
        return;
    }
    (void)snprintf(symbols->build_id, sizeof symbols->build_id, "%s", found);
}

struct symbols *symbols_open(const char *path, const char *build_id,
                             const char *debug_dir)
{
    struct symbols *symbols = calloc(1, sizeof *symbols);

    if (!symbols)
        return NULL;
    symbols->main.fd = symbols->debug.fd = -1;
    (void)snprintf(symbols->build_id, sizeof symbols->build_id, "%s",
                   build_id ? build_id : "");
    open_main_file(symbols, path);
    if (has_dwarf(symbols, &symbols->main)) {
        (void)snprintf(symbols->debug_path, sizeof symbols->debug_path, "%s",
                       path);
        symbols->state = SYMBOLS_DEBUG;
        return symbols;
    }
    open_debug_file(symbols, debug_dir);
    if (has_dwarf(symbols, &symbols->debug)) {
        symbols->state = SYMBOLS_DEBUG;
    } else if (symbols->main.elf || symbols->debug.elf) {
        symbols->state = SYMBOLS_SYMTAB;
    }
    return symbols;
}

void symbols_close(struct symbols **symbols)
{
    struct symbols *s = *symbols;

    if (!s)
        return;
    dwarf_walk_close(&s->walk);
    if (s->dwarf)
        (void)dwarf_end(s->dwarf);
    elf_file_close(&s->main);
    elf_file_close(&s->debug);
    for (size_t i = 0; i < s->name_count; i++)
        free(s->names[i]);
    free(s->names);
    free(s->table);
    free(s);
    *symbols = NULL;
}

enum symbols_state symbols_get_state(const struct symbols *symbols)
{
    return symbols->state;
}

const char *symbols_build_id(const struct symbols *symbols)
{
    return symbols->build_id;
}

const char *symbols_debug_path(const struct symbols *symbols)
{
    return symbols->debug_path;
}

/* Demangled and kept; the name itself where it is not mangled. */
static const char *readable(struct symbols *symbols, const char *name)
{
    char *plain = name ? demangle(name) : NULL;

    if (!plain)
        return name;
    if (!symbols->names)
        symbols->names = calloc(NAMES_MAX, sizeof *symbols->names);
    if (!symbols->names || symbols->name_count == NAMES_MAX) {
        free(plain);
        return name;
    }
    symbols->names[symbols->name_count++] = plain;
    return plain;
}

static void read_table(struct symbols *symbols)
{
    symbols->table_read = true;
    for (int i = 0; i < 2 && !symbols->table; i++) {
        const struct elf_file *file = i ? &symbols->main : &symbols->debug;
        if (file->elf &&
            elf_file_symbols(file, &symbols->table, &symbols->table_count) < 0)
            symbols->table_count = 0;
    }
}

/* The symbol around address; sorted by begin, so the last one that fits. */
static const char *table_name(struct symbols *symbols, uint64_t address)
{
    size_t low = 0;

    if (!symbols->table_read)
        read_table(symbols);
    size_t high = symbols->table_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (symbols->table[middle].begin <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const char *name = NULL;
    for (size_t i = low; i > 0 && low - i < 32; i--) {
        const struct elf_symbol *symbol = &symbols->table[i - 1];
        if (name && symbol->begin != symbols->table[i].begin)
            break; /* aliases at one address: the first by name wins */
        if (address < symbol->end)
            name = symbol->name;
    }
    return name;
}

size_t symbols_resolve(struct symbols *symbols, uint64_t address,
                       struct symbols_frame *frames)
{
    size_t count =
        symbols->walk ? dwarf_walk_resolve(symbols->walk, address, frames) : 0;
    if (count == 0) {
        frames[0] =
            (struct symbols_frame){.function = table_name(symbols, address)};
        count = frames[0].function != NULL;
    } else if (!frames[count - 1].function) {
        frames[count - 1].function = table_name(symbols, address);
    }
    for (size_t i = 0; i < count; i++)
        frames[i].function = readable(symbols, frames[i].function);
    return count;
}
