/*
 * Resident memory by kind: of a living process, when reading it is affordable;
 * of a dead one as the sampler saw it last. Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_CATEGORIES_H
#define INQUEST_HANDLER_DUMPER_CATEGORIES_H

#include "handler/dumper/report_build.h"

/* What the kernel takes for it, measured; smaps(5) writes twenty lines a
 * mapping, a scan of the page tables one entry a range. */
#define CATEGORIES_US_PER_MIB           11u /* of resident memory */
#define CATEGORIES_SMAPS_US_PER_MAPPING 9u
#define CATEGORIES_SCAN_US_PER_MAPPING  1u
#define CATEGORIES_US_MAX               20000u
#define CATEGORIES_CRASH_US_MAX         2000u /* the host waits for its end */

/* sampler: NULL when its record is torn; then nothing is known. */
void categories_of_sampler(struct build *build,
                           const struct box_sampler *sampler);

/* Replaces what the sampler knew. Threads should be stopped, and the mappings
 * read. */
void categories_of_process(struct build *build);

/* The rest is for categories_*.c and tests. */

struct category_sums {
    uint64_t heap, stack, file, shared, anonymous; /* they add up to the RSS */
    uint64_t proportional, private_bytes;
};

/*
 * The sum that a mapping belongs to. In a private mapping of a file the pages
 * that were written count as anonymous all the same: *ret_file_backed. target:
 * whose threads' stack pointers mark stacks; NULL: none are known.
 */
uint64_t *category_of(struct category_sums *sums, const struct target *target,
                      const struct target_mapping *mapping,
                      bool *ret_file_backed);

/* Takes one line of smaps, ended by a null byte, which size does not count;
 * state between lines lies in parser ({0} at the start). */
struct category_parser {
    struct category_sums sums;
    uint64_t *current; /* which sum the present mapping belongs to */
    bool file_backed;
    const struct target *target;
};
void category_line(struct category_parser *parser, const char *line,
                   size_t size);

/* Fills all sums from /proc/PID/smaps. Fails with -errno or -ERR_LIMIT. */
MUST_CHECK int categories_smaps(const struct target *target,
                                struct category_sums *ret_sums);

/* From smaps_rollup what is not told by kind: proportional and private. */
MUST_CHECK int categories_rollup(const struct target *target,
                                 struct category_sums *sums);

/*
 * The same as categories_smaps from the page tables (PAGEMAP_SCAN, Linux 6.7),
 * and from smaps_rollup. Fails with -errno; ENOTTY: an older kernel.
 */
MUST_CHECK int categories_scan(const struct target *target,
                               struct category_sums *ret_sums);

#endif
