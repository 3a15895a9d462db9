/*
 * Resident memory by kind: of a living process from smaps (proc(5)), when
 * reading it is affordable; of a dead one as the sampler saw it last.
 * Context: tool.
 */
#ifndef INQUEST_HANDLER_DUMPER_CATEGORIES_H
#define INQUEST_HANDLER_DUMPER_CATEGORIES_H

#include "handler/dumper/report_build.h"

#define CATEGORIES_US_PER_MIB     11u /* of resident memory, measured */
#define CATEGORIES_US_PER_MAPPING 9u
#define CATEGORIES_US_MAX         20000u
#define CATEGORIES_CRASH_US_MAX   2000u /* the host waits for its end */

/* sampler: NULL when its record is torn; then nothing is known. */
void categories_of_sampler(struct build *build,
                           const struct box_sampler *sampler);

/* Replaces what the sampler knew. Threads should be stopped. */
void categories_of_process(struct build *build);

/* For tests: the text of one smaps into bytes by kind. */
struct category_sums {
    uint64_t heap, stack, file, shared, anonymous; /* they add up to the RSS */
    uint64_t proportional, private_bytes;
};

/*
 * Takes one line of smaps; state between lines lies in parser ({0} at the
 * start). stacks: addresses that lie in stacks, NULL for none.
 */
struct category_parser {
    struct category_sums sums;
    uint64_t *current; /* which sum the present mapping belongs to */
    bool file_backed;
    const struct target *target;
};
void category_line(struct category_parser *parser, const char *line,
                   size_t size);

#endif
