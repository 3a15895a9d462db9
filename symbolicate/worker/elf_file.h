/*
 * One ELF file by libelf, made plain: sections that libelf or libdw cannot
 * read as they are (zstd; the relocations of an ET_REL kernel module) are
 * rewritten in memory (elf_image.h). Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_ELF_FILE_H
#define INQUEST_SYMBOLICATE_WORKER_ELF_FILE_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define ELF_CODE_MAX     512 /* sections with code */
#define ELF_SECTIONS_MAX 100000u

struct elf_file {
    int fd;
    Elf *elf;
    void *image; /* mapped; NULL where the file is read as it is */
    size_t image_bytes;
};

#define ELF_FILE_CLOSED \
    {                   \
        .fd = -1        \
    }

/* Fails with -errno, -ERR_FORMAT for what is not ELF, -ERR_LIMIT. */
MUST_CHECK int elf_file_open(const char *path, struct elf_file *ret_file);
/* Of bytes that stay valid until close. */
MUST_CHECK int elf_file_open_memory(void *bytes, size_t size,
                                    struct elf_file *ret_file);
void elf_file_close(struct elf_file *file);

/* The first section of this name, or NULL. */
Elf_Scn *elf_file_section(Elf *elf, const char *name, GElf_Shdr *ret_header);

/* Where code may be: addresses of sections with SHF_EXECINSTR. */
struct elf_code {
    struct {
        uint64_t begin, end;
    } at[ELF_CODE_MAX];
    size_t count;
};

void elf_code_add(struct elf_code *code, Elf *elf);
bool elf_code_has(const struct elf_code *code, uint64_t begin, uint64_t end);

#endif
