/*
 * Exported symbols of a module, by its dynamic section in the target's memory:
 * no file is opened. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_TARGET_SYMBOL_H
#define INQUEST_HANDLER_DUMPER_TARGET_SYMBOL_H

#include "handler/dumper/target.h"

struct target_symbol {
    uint64_t begin, end; /* run-time addresses */
};

/*
 * Looks name up in the GNU hash table (the format is told in the ELF section
 * of the GNU tools' manual: bloom filter, buckets, chains). False: not there,
 * or the tables make no sense.
 */
bool target_symbol_find(struct target *target,
                        const struct target_module *module, const char *name,
                        struct target_symbol *ret_symbol);

#endif
