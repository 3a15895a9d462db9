/*
 * All threads' pools made one: each address has one answer, the one that the
 * units agree on or the first of them, named by the symbol table where the
 * debug information has no full name. Context: tool.
 */
#ifndef INQUEST_SYMBOLICATE_WORKER_ANSWERS_H
#define INQUEST_SYMBOLICATE_WORKER_ANSWERS_H

#include "symbolicate/worker/pool.h"
#include "symbolicate/worker/symbol_table.h"

struct answers {
    struct string_set strings;
    struct tuple_set records;
    struct segments segments; /* by address, not overlapping */
};

/* Empties pools[count] as it goes. Fails with -ENOMEM, -ERR_LIMIT. */
MUST_CHECK int answers_make(struct answers *answers, struct pool *pools,
                            size_t count, struct symbol_table *symbols);
void answers_clear(struct answers *answers);

#endif
