/*
 * Function symbols of a module: .symtab of the debug file or of the module,
 * else .dynsym with MiniDebugInfo (.gnu_debugdata, xz), and the stubs of the
 * procedure linkage table as NAME@plt. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_SYMBOL_TABLE_H
#define INQUEST_SYMBOLICATE_WORKER_SYMBOL_TABLE_H

#include "symbolicate/worker/elf_file.h"
#include "symbolicate/worker/string_set.h"

#define SYMBOLS_MAX             8000000u
#define SYMBOLS_MINI_BYTES_MAX  (256u << 20) /* .gnu_debugdata unpacked */
#define SYMBOLS_MINI_MEMORY_MAX (64u << 20)  /* what xz may take for itself */

struct symbol {
    uint64_t begin, end; /* end > begin: without a size it names nothing */
    uint32_t name;       /* of strings */
    uint32_t rank;       /* of several at one address the lowest is shown */
};

struct symbol_table {
    struct symbol *at;
    size_t count, capacity;
    struct string_set strings;
};

/* Adds what file has; call for every file of the module. -ENOMEM. */
MUST_CHECK int symbol_table_add(struct symbol_table *table,
                                const struct elf_file *file);
MUST_CHECK int symbol_table_add_plt(struct symbol_table *table,
                                    const struct elf_file *file);
void symbol_table_clear(struct symbol_table *table);

#endif
