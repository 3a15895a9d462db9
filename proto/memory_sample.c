/* Pages to bytes. Context: tool. */
#include "proto/memory_sample.h"

#include "proto/report_set.h"

#define PAGE_BYTES 4096ull

#define SET_PAGES(out, field, FIELD, pages)                                 \
    SET_KNOWN(out, MEMORY_SAMPLE, field, FIELD, (pages) != BOX_UNKNOWN_U32, \
              (uint64_t)(pages)*PAGE_BYTES)

#define SET_U16(out, field, FIELD, value)                                   \
    SET_KNOWN(out, MEMORY_SAMPLE, field, FIELD, (value) != BOX_UNKNOWN_U16, \
              value)

static void set_bytes(Inquest__V1__MemorySample *out,
                      const struct box_sample *sample)
{
    SET_PAGES(out, rss_bytes, RSS_BYTES, sample->rss_pages);
    SET_PAGES(out, anon_bytes, ANON_BYTES, sample->anon_pages);
    SET_PAGES(out, swap_bytes, SWAP_BYTES, sample->swap_pages);
    SET_PAGES(out, cgroup_current_bytes, CGROUP_CURRENT_BYTES,
              sample->cgroup_current_pages);
    SET_PAGES(out, cgroup_limit_bytes, CGROUP_LIMIT_BYTES,
              sample->cgroup_limit_pages);
    SET_KNOWN(out, MEMORY_SAMPLE, heap_live_bytes, HEAP_LIVE_BYTES,
              sample->heap_live_kib != BOX_UNKNOWN_U32,
              (uint64_t)sample->heap_live_kib * 1024u);
    SET_KNOWN(out, MEMORY_SAMPLE, slope_bytes_per_second,
              SLOPE_BYTES_PER_SECOND, sample->slope_kib_per_s != INT16_MIN,
              (int64_t)sample->slope_kib_per_s * 1024);
}

static void set_counts(Inquest__V1__MemorySample *out,
                       const struct box_sample *sample)
{
    SET_KNOWN(out, MEMORY_SAMPLE, minor_faults, MINOR_FAULTS,
              sample->minor_faults != BOX_UNKNOWN_U32, sample->minor_faults);
    SET_U16(out, major_faults, MAJOR_FAULTS, sample->major_faults);
    SET_U16(out, thread_count, THREAD_COUNT, sample->threads);
    SET_U16(out, fd_count, FD_COUNT, sample->fds);
    SET_U16(out, pressure_some_permille, PRESSURE_SOME_PERMILLE,
            sample->pressure_some_permille);
    SET_U16(out, pressure_full_permille, PRESSURE_FULL_PERMILLE,
            sample->pressure_full_permille);
    SET_U16(out, cpu_permille, CPU_PERMILLE, sample->cpu_permille);
    SET_KNOWN(out, MEMORY_SAMPLE, oom_kill_events, OOM_KILL_EVENTS,
              sample->cgroup_oom_kill_events > 0,
              sample->cgroup_oom_kill_events);
}

void memory_sample_fill(const struct box_sample *sample, int64_t unix_ms,
                        Inquest__V1__MemorySample *ret_sample)
{
    inquest__v1__memory_sample__init(ret_sample);
    ret_sample->time = unix_ms;
    set_bytes(ret_sample, sample);
    set_counts(ret_sample, sample);
}

#define SET_BYTES(out, field, FIELD, value)         \
    SET_KNOWN(out, MEMORY_CATEGORIES, field, FIELD, \
              (value) != BOX_UNKNOWN_U64, value)

bool memory_categories_fill(const struct box_sampler *sampler,
                            Inquest__V1__MemoryCategories *ret_categories)
{
    Inquest__V1__MemoryCategories *out = ret_categories;

    if (sampler->anon_bytes == BOX_UNKNOWN_U64)
        return false;
    inquest__v1__memory_categories__init(out);
    SET_BYTES(out, anonymous_bytes, ANONYMOUS_BYTES, sampler->anon_bytes);
    SET_BYTES(out, file_bytes, FILE_BYTES, sampler->file_bytes);
    SET_BYTES(out, shared_bytes, SHARED_BYTES, sampler->shared_bytes);
    SET_BYTES(out, proportional_bytes, PROPORTIONAL_BYTES,
              sampler->proportional_bytes);
    SET_BYTES(out, private_bytes, PRIVATE_BYTES, sampler->private_bytes);
    return true;
}
