/* The line table of one unit as stretches of one line each. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_WORKER_UNIT_LINES_H
#define INQUEST_SYMBOLICATE_WORKER_UNIT_LINES_H

#include <elfutils/libdw.h>

#include "symbolicate/worker/line_program.h"
#include "symbolicate/worker/pool.h"
#include "symbolicate/worker/selection.h"

#define LINES_MAX (1u << 26)

struct line {
    uint64_t begin, end;
    uint32_t file; /* of pool->strings */
    uint32_t number;
};

/* By rising address; they do not overlap. */
struct lines {
    struct line *at;
    size_t count, capacity;
};

/* None where the unit has no readable table. Fails with -ENOMEM. */
MUST_CHECK int lines_read(struct lines *lines, struct pool *pool,
                          Dwarf_Die *unit_die,
                          const struct line_section *section,
                          const struct selection *selection);
void lines_clear(struct lines *lines);

#endif
