/*
 * Reads the debug information of a module, by several threads, unit by unit.
 * Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_BUILD_H
#define INQUEST_SYMBOLICATE_WORKER_BUILD_H

#include <elfutils/libdw.h>

#include "symbolicate/worker/dwp.h"
#include "symbolicate/worker/elf_file.h"
#include "symbolicate/worker/pool.h"
#include "symbolicate/worker/selection.h"

#define BUILD_THREADS_MAX 2
#define BUILD_UNITS_MAX   4000000u

struct build {
    struct elf_file *file; /* with the debug information */
    struct elf_file *alt;  /* what dwz moved out; NULL: none */
    struct dwp *package;   /* with the split units; NULL: none */
    struct selection selection;
    struct pool pools[BUILD_THREADS_MAX];
    size_t unit_count; /* read; 0: no debug information */
    bool lacks_split;  /* a unit's .dwo was not found */
};

/* Fails with -ENOMEM, -ERR_LIMIT. What is malformed is left out. */
MUST_CHECK int build_units(struct build *build);
void build_clear(struct build *build);

#endif
