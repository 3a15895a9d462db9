/*
 * One compile unit: its functions, inlined calls and lines become segments.
 * Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_UNIT_H
#define INQUEST_SYMBOLICATE_WORKER_UNIT_H

#include <elfutils/libdw.h>

#include "symbolicate/worker/line_program.h"
#include "symbolicate/worker/pool.h"
#include "symbolicate/worker/selection.h"

#define UNIT_DEPTH_MAX  256u
#define UNIT_SCOPES_MAX (1u << 24)

/* The unit's own tree: that of the .dwo where the unit is a skeleton. */
Dwarf_Die unit_tree(Dwarf_Die *unit_die);

/*
 * Adds the segments of unit_die, number unit, of what selection has, to pool;
 * section has its lines. What is malformed is left out. Fails with -ENOMEM,
 * -ERR_LIMIT.
 */
MUST_CHECK int unit_add(struct pool *pool, Dwarf_Die *unit_die, uint32_t unit,
                        const struct line_section *section,
                        const struct selection *selection);

#endif
