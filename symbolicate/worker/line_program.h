/*
 * Runs a line number program (DWARF 5, 6.2). libdw has the rows of a unit
 * sorted by address; which sequence a row is of cannot be told from that, and
 * no address at or behind a sequence's end is a row's. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_LINE_PROGRAM_H
#define INQUEST_SYMBOLICATE_WORKER_LINE_PROGRAM_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"

/* .debug_line: the programs of all units. None: of size 0. */
struct line_section {
    const uint8_t *bytes;
    size_t size;
    bool is_big_endian;
};

struct line_row {
    uint64_t address;
    uint32_t file;   /* as the program counts them: dwarf_filesrc() */
    uint32_t number; /* 0: none */
    bool ends;       /* behind the last byte of its sequence; no line */
};

/* Of elf, which must be open as long, and its sections unpacked. */
struct line_section line_section_of(Elf *elf);

/* 0, or what ends the run. */
typedef int line_shows(void *context, const struct line_row *row);

/*
 * Shows the rows of the program at place, in its own order, as far as it can
 * be read. Fails with what shows fails with.
 */
MUST_CHECK int line_program_run(const struct line_section *section,
                                uint64_t place, line_shows *shows,
                                void *context);

#endif
