/*
 * Which code is read: all of a module's, or only what holds the one address
 * that was asked for. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_SELECTION_H
#define INQUEST_SYMBOLICATE_WORKER_SELECTION_H

#include "symbolicate/worker/elf_file.h"

struct selection {
    struct elf_code code;
    const uint64_t *address; /* NULL: all code */
};

/* Whether [begin, end) holds the address; any does where all is read. */
bool selection_asks(const struct selection *selection, uint64_t begin,
                    uint64_t end);

/* Whether [begin, end) does and is a range of code. */
bool selection_has(const struct selection *selection, uint64_t begin,
                   uint64_t end);

#endif
