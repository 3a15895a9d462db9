/*
 * Grouping again: every stack by the algorithm and the lists of today. Its
 * evidence is kept, so no report is opened. Context: tool.
 */
#ifndef INQUEST_COLLECTOR_REGROUP_H
#define INQUEST_COLLECTOR_REGROUP_H

#include <stddef.h>

#include "collector/store.h"

struct regrouped {
    size_t stacks, moved;
};

/* All stacks, whatever grouped them. Fails with -EIO, -ENOMEM. */
MUST_CHECK int regroup_all(struct store *store, struct regrouped *ret_counts);

/* Those that another version of the algorithm grouped. */
MUST_CHECK int regroup_old(struct store *store, struct regrouped *ret_counts);

#endif
