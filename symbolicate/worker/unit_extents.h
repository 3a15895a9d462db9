/* What a unit says it covers. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_WORKER_UNIT_EXTENTS_H
#define INQUEST_SYMBOLICATE_WORKER_UNIT_EXTENTS_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/compiler.h"
#include "symbolicate/worker/elf_file.h"

#define EXTENTS_MAX 4096 /* a unit with more has none */

struct extent {
    uint64_t begin, end;
    bool is_gone; /* not code: the linker left it out */
};

struct extents {
    struct extent *at;
    size_t count, capacity;
    size_t gone_count;
};

/* Fails with -ENOMEM. */
MUST_CHECK int extents_read(struct extents *extents, Dwarf_Die *unit_die,
                            const struct elf_code *code);
void extents_clear(struct extents *extents);

/* Whether the unit says what it covers, and that it does not cover address. */
bool extents_lack(const struct extents *extents, uint64_t address);

/*
 * Whether address, of something in the unit, is in code that was left out:
 * gold leaves such code's addresses as if it lay at 0, where other code is.
 */
bool extents_are_gone(const struct extents *extents, uint64_t address);

#endif
