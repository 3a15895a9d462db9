/* Fields by their number, and by their name. Context: guest. */
#include "handler/sampler/process_stats.h"

#include <string.h>

#include "handler/sampler/sample_number.h"
#include "proto/base/fmt.h"

#define NAME_WITHIN 32 /* of stat: behind a pid */

static const char statm_path[] = "/proc/self/statm";
static const char stat_path[] = "/proc/self/stat";
static const char status_path[] = "/proc/self/status";

void process_stats_open(struct process_stats *process, const char *root)
{
    proc_file_open(&process->statm, root, statm_path);
    proc_file_open(&process->stat, root, stat_path);
    proc_file_open(&process->status, root, status_path);
    process->minor_faults = UINT64_MAX;
    process->major_faults = UINT64_MAX;
    process->swap_pages = BOX_UNKNOWN_U32;
}

void process_stats_close(struct process_stats *process)
{
    proc_file_close(&process->statm);
    proc_file_close(&process->stat);
    proc_file_close(&process->status);
}

void process_stats_check(struct process_stats *process, const char *root)
{
    proc_file_keep(&process->statm, root, statm_path);
    proc_file_keep(&process->stat, root, stat_path);
    proc_file_keep(&process->status, root, status_path);
}

/* Number of blank-separated field index (from 0), or fallback. */
static uint64_t field_u64(const char *text, size_t size, int index,
                          uint64_t fallback)
{
    const char *at = text;
    const char *end = text + size;
    uint64_t value;

    for (; index > 0 && at; index--) {
        at = memchr(at, ' ', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at || fmt_parse_u64(&at, end, 10, &value) < 0)
        return fallback;
    return value;
}

/* statm: resident, and of it what files and shared memory back. */
void process_stats_statm(const struct process_stats *process,
                         char text[PROC_FILE_TEXT_BYTES],
                         struct box_sample *sample)
{
    size_t size = proc_file_read(&process->statm, text, PROC_FILE_TEXT_BYTES);
    uint64_t rss = field_u64(text, size, 1, BOX_UNKNOWN_U32);
    uint64_t shared = field_u64(text, size, 2, BOX_UNKNOWN_U32);

    sample->rss_pages = sample_u32(rss);
    if (rss < BOX_UNKNOWN_U32 && shared <= rss)
        sample->anon_pages = (uint32_t)(rss - shared);
}

/* The name in field 2 may hold anything: it ends at the last ')'. */
static void copy_name(const char *text, const char *name_end,
                      struct box_sampler *known)
{
    const char *begin = memchr(text, '(', NAME_WITHIN);
    size_t size = begin ? (size_t)(name_end - begin) - 1 : 0;

    if (size >= sizeof known->name)
        size = sizeof known->name - 1;
    memset(known->name, 0, sizeof known->name);
    if (begin && name_end > begin)
        memcpy(known->name, begin + 1, size);
}

/* Fields 10, 12 and 20 of stat: minflt, majflt, num_threads (from ')'). */
void process_stats_stat(struct process_stats *process,
                        struct usage_stats *usage,
                        char text[PROC_FILE_TEXT_BYTES],
                        struct box_sampler *known, struct box_sample *sample)
{
    size_t size = proc_file_read(&process->stat, text, PROC_FILE_TEXT_BYTES);
    const char *at = memrchr(text, ')', size);

    if (!at || (size_t)(at - text) + 2 > size)
        return;
    copy_name(text, at, known);
    at += 2;
    size -= (size_t)(at - text);
    uint64_t minor = field_u64(at, size, 7, UINT64_MAX);
    uint64_t major = field_u64(at, size, 9, UINT64_MAX);
    sample->minor_faults =
        sample_u32(sample_risen(&process->minor_faults, minor));
    sample->major_faults =
        sample_u16(sample_risen(&process->major_faults, major));
    sample->threads = sample_u16(field_u64(at, size, 17, BOX_UNKNOWN_U16));
    if (usage->granted)
        sample->cpu_permille = usage_stats_cpu(usage, at, size);
}

void process_stats_status(struct process_stats *process,
                          char text[PROC_FILE_TEXT_BYTES],
                          struct box_sampler *known, struct box_sample *sample)
{
    size_t size = proc_file_read(&process->status, text, PROC_FILE_TEXT_BYTES);
    uint64_t tracer = 0;

    sample->swap_pages = sample_pages(sample_kib(text, size, "VmSwap:"));
    process->swap_pages = sample->swap_pages;
    known->anon_bytes = sample_kib(text, size, "RssAnon:");
    known->file_bytes = sample_kib(text, size, "RssFile:");
    known->shared_bytes = sample_kib(text, size, "RssShmem:");
    if (fmt_find_u64(text, size, "TracerPid:", &tracer) == 0 && tracer != 0)
        sample->flags |= BOX_SAMPLE_TRACED;
}
