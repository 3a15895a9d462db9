/* A budget in time, and four lines of a file. Context: guest. */
#include "handler/sampler/memory_rollup.h"

#include <time.h>

#include "handler/sampler/sample_number.h"
#include "proto/base/sys.h"

#define PAGES_PER_MIB 256u

void memory_rollup(struct memory_stats *stats, uint32_t rss_pages,
                   uint64_t now_ms)
{
    struct box_sampler *known = &stats->known;
    uint64_t predicted_us =
        (uint64_t)rss_pages / PAGES_PER_MIB * ROLLUP_US_PER_MIB;
    uint64_t first_ms = predicted_us * ROLLUP_SHARE / 1000u;
    struct proc_file file;

    if (rss_pages == BOX_UNKNOWN_U32 || predicted_us > ROLLUP_US_MAX ||
        now_ms < stats->rollup_next_ms || now_ms < first_ms)
        return;
    uint64_t begin = (uint64_t)sys_clock_ns(CLOCK_MONOTONIC) / 1000u;
    proc_file_open(&file, stats->root, "/proc/self/smaps_rollup");
    size_t size = proc_file_read(&file, stats->text, PROC_FILE_TEXT_BYTES);
    known->error[BOX_SOURCE_ROLLUP] = proc_file_error(&file);
    proc_file_close(&file);
    uint64_t wait_ms =
        ((uint64_t)sys_clock_ns(CLOCK_MONOTONIC) / 1000u - begin) *
        ROLLUP_SHARE / 1000u;
    stats->rollup_next_ms =
        now_ms + (wait_ms > ROLLUP_MS_MIN ? wait_ms : ROLLUP_MS_MIN);
    uint64_t clean = sample_kib(stats->text, size, "Private_Clean:");
    uint64_t dirty = sample_kib(stats->text, size, "Private_Dirty:");
    if (clean == UINT64_MAX || dirty == UINT64_MAX)
        return;
    known->proportional_bytes = sample_kib(stats->text, size, "Pss:");
    known->private_bytes = clean + dirty;
}
