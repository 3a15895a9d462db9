/* The functions and inlined calls of one unit. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_WORKER_UNIT_SCOPES_H
#define INQUEST_SYMBOLICATE_WORKER_UNIT_SCOPES_H

#include <elfutils/libdw.h>

#include "symbolicate/worker/overlay.h"
#include "symbolicate/worker/pool.h"
#include "symbolicate/worker/selection.h"
#include "symbolicate/worker/unit_extents.h"

#define CHAIN_NOT_MADE (UINT32_MAX - 1)

/* A function, or a call that was inlined into its parent. */
struct scope {
    uint32_t parent; /* POOL_NONE: a function of its own */
    uint32_t name;
    uint32_t call_file, call_line;
    uint32_t chain; /* record of the frame outside, once made */
};

struct scopes {
    struct scope *at;
    size_t count, capacity;
    struct layers layers; /* what: index of the scope */
};

/* Fails with -ENOMEM, -ERR_LIMIT; what is malformed is left out. */
MUST_CHECK int scopes_read(struct scopes *scopes, struct pool *pool,
                           Dwarf_Die *tree, const struct extents *extents,
                           const struct selection *selection);
void scopes_clear(struct scopes *scopes);

#endif
