/* One ELF file by libelf: build-id and function symbols. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_ELF_FILE_H
#define INQUEST_SYMBOLICATE_ELF_FILE_H

#include <libelf.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

struct elf_file {
    int fd;
    Elf *elf;
};

struct elf_symbol {
    uint64_t begin, end; /* end > begin */
    const char *name;    /* in the file: lives as long as it is open */
};

/* Fails with -errno, or -ERR_FORMAT for what is not ELF. */
MUST_CHECK int elf_file_open(const char *path, struct elf_file *ret_file);
void elf_file_close(struct elf_file *file);

/* Lower-case hexadecimal; "" when it has none. */
void elf_file_build_id(const struct elf_file *file, char *hex, size_t size);

/*
 * Function symbols of .symtab, else of .dynsym, by address. *ret_symbols is
 * from malloc. Symbols without a size are left out: they would name what they
 * do not cover.
 */
MUST_CHECK int elf_file_symbols(const struct elf_file *file,
                                struct elf_symbol **ret_symbols,
                                size_t *ret_count);

#endif
