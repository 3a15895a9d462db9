/* Stack by stack. Context: tool. */
#include "collector/intake/regroup.h"

#include <errno.h>

static int regroup(struct store *store, enum store_stacks which,
                   struct regrouped *counts)
{
    struct store_stack_row row = {0};
    struct signature signature;
    int r;

    while ((r = store_next_stack(store, which, row.stack, &row)) == 0) {
        signature_make(row.project, row.evidence, NULL, &signature);
        counts->stacks++;
        counts->moved += signature.id != row.group;
        r = store_settle(store, &row, &signature, NULL);
        json_decref(row.evidence);
        if (r < 0)
            return r;
    }
    return r == -ERR_NOT_FOUND ? 0 : r;
}

int regroup_all(struct store *store, struct regrouped *ret_counts)
{
    return regroup(store, STORE_STACKS_ALL, ret_counts);
}

int regroup_old(struct store *store, struct regrouped *ret_counts)
{
    return regroup(store, STORE_STACKS_OLD, ret_counts);
}
