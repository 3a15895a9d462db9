/*
 * Proportional and private memory from smaps_rollup: the kernel walks all page
 * tables for it, 11 us a MiB of resident memory, and the program's mmap may
 * wait meanwhile. So it is read rarely, and of large processes never.
 * Context: guest.
 */
#ifndef INQUEST_HANDLER_MEMORY_ROLLUP_H
#define INQUEST_HANDLER_MEMORY_ROLLUP_H

#include <stdint.h>

#include "handler/sampler/memory_stats.h"

/* Read again no sooner than so many times its last duration. */
#define ROLLUP_SHARE      20000u
#define ROLLUP_US_PER_MIB 11u /* measured: what the first one will cost */
#define ROLLUP_US_MAX     50000u
#define ROLLUP_MS_MIN     60000u

/*
 * Into stats->known, if the budget allows. now_ms: a clock of the caller's
 * that rises from the start of the process.
 */
void memory_rollup(struct memory_stats *stats, uint32_t rss_pages,
                   uint64_t now_ms);

#endif
