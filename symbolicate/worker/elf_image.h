/*
 * A plain copy of an ELF file in memory: compressed sections unpacked (those
 * that matter here), the debug
 * sections of an ET_REL file relocated and its code laid out (.text at 0, the
 * other code behind it in the order of the file: our module-relative addresses
 * of kernel modules). Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_ELF_IMAGE_H
#define INQUEST_SYMBOLICATE_WORKER_ELF_IMAGE_H

#include "symbolicate/worker/elf_file.h"

#define ELF_IMAGE_BYTES_MAX (3ull << 30)

bool elf_image_is_needed(Elf *elf);
/* Whether a section is compressed. */
bool elf_image_is_packed(Elf *elf);

/* Puts the copy in file->elf's place. Fails with -ENOMEM, -ERR_FORMAT,
 * -ERR_LIMIT; file is then as before. */
MUST_CHECK int elf_image_make(struct elf_file *file);

#endif
