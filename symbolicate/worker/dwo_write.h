/* A .dwo file of one unit's parts, in memory. Context: tool. */
#ifndef INQUEST_SYMBOLICATE_WORKER_DWO_WRITE_H
#define INQUEST_SYMBOLICATE_WORKER_DWO_WRITE_H

#include <stdbool.h>

#include "proto/base/compiler.h"
#include "proto/base/span.h"

enum dwo_part {
    DWO_INFO,
    DWO_ABBREV,
    DWO_LINE,
    DWO_STR_OFFSETS,
    DWO_RNGLISTS,
    DWO_PARTS
};

#define DWO_STR_NAME ".debug_str.dwo"
extern const char *const dwo_part_names[DWO_PARTS];

struct dwo {
    struct span parts[DWO_PARTS]; /* empty: the unit has none */
    struct span strings;          /* of all units: only its own are taken */
    bool str_offsets_header;      /* DWARF 5: 8 bytes before the offsets */
};

/* A new memory file. Fails with -ERR_FORMAT, -ERR_LIMIT, -errno. */
MUST_CHECK int dwo_write(const struct dwo *dwo);

/* These bytes as a new memory file, at its begin. Fails with -errno. */
MUST_CHECK int dwo_memory_file(const void *bytes, size_t size);

#endif
