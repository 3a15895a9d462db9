/*
 * The little of an ELF file that is needed to choose it: build-id, links, and
 * whether there is debug information. Own, small and checked, so that choosing
 * a file needs no parser of debug information. 64-bit little-endian.
 * Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_ELF_PEEK_H
#define INQUEST_SYMBOLICATE_ELF_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

#define PEEK_ID_HEX       129 /* 64 bytes in hexadecimal, with the NUL */
#define PEEK_LINK_BYTES   1024
#define PEEK_SECTIONS_MAX 100000u
#define PEEK_NOTES_MAX    1000

struct elf_peek {
    uint64_t size_bytes, mtime_ns;
    uint64_t debug_info_bytes;  /* in the file; 0: no DWARF */
    bool compressed;            /* its debug information is */
    bool has_symbols;           /* .symtab, .dynsym or .gnu_debugdata */
    char build_id[PEEK_ID_HEX]; /* lower-case, "" for none */
    char link[PEEK_LINK_BYTES]; /* .gnu_debuglink, "" for none */
    uint32_t link_crc;
    char alt_link[PEEK_LINK_BYTES]; /* .gnu_debugaltlink */
    char alt_id[PEEK_ID_HEX];
};

/* Fails with -errno, -ERR_FORMAT for what is not such a file. */
MUST_CHECK int elf_peek(const char *path, struct elf_peek *ret_peek);

#endif
