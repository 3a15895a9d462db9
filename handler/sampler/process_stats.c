/* Fields by their number, and by their name. Context: guest. */
#include "handler/sampler/process_stats.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "handler/sampler/kept_root.h"
#include "handler/sampler/sample_number.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"

#define NAME_WITHIN     32 /* of stat: behind a pid */
#define THREADS_FIELD   17 /* of stat from its third field on: num_threads */
#define DIRECTORY_LINKS 2  /* of a directory, without those inside */

static const char statm_path[] = "/proc/self/statm";
static const char stat_path[] = "/proc/self/stat";
static const char status_path[] = "/proc/self/status";
static const char tasks_path[] = "/proc/self/task";
static const char descriptors_path[] = "/proc/self/fd";

/* Of a real /proc alone: elsewhere their status says something else. */
static void keep_directories(struct process_stats *process, const char *root)
{
    if (root[0] != '\0') {
        process->descriptors.error = ENOENT;
        return;
    }
    proc_file_keep(&process->tasks, root, tasks_path);
    proc_file_keep(&process->descriptors, root, descriptors_path);
}

void process_stats_open(struct process_stats *process, const char *root)
{
    proc_file_open(&process->statm, root, statm_path);
    proc_file_open(&process->stat, root, stat_path);
    proc_file_open(&process->status, root, status_path);
    keep_directories(process, root);
    process->tasks_count = false;
    process->minor_faults = UINT64_MAX;
    process->major_faults = UINT64_MAX;
    process->swap_pages = BOX_UNKNOWN_U32;
}

void process_stats_close(struct process_stats *process)
{
    proc_file_close(&process->statm);
    proc_file_close(&process->stat);
    proc_file_close(&process->status);
    process_stats_close_directories(process);
}

void process_stats_close_directories(struct process_stats *process)
{
    proc_file_close(&process->tasks);
    proc_file_close(&process->descriptors);
}

void process_stats_check(struct process_stats *process, const char *root)
{
    proc_file_keep(&process->statm, root, statm_path);
    proc_file_keep(&process->stat, root, stat_path);
    proc_file_keep(&process->status, root, status_path);
    keep_directories(process, root);
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

void process_stats_used(struct process_stats *process,
                        struct usage_stats *usage, const struct rusage *used,
                        struct box_sample *sample)
{
    sample->minor_faults = sample_u32(
        sample_risen(&process->minor_faults, (uint64_t)used->ru_minflt));
    sample->major_faults = sample_u16(
        sample_risen(&process->major_faults, (uint64_t)used->ru_majflt));
    if (usage->granted)
        sample->cpu_permille = usage_stats_cpu(usage, used);
}

static int status_of(const struct proc_file *file, struct stat *ret_status)
{
    return file->fd > 0 ? (int)sys_call2(SYS_fstat, file->fd, (long)ret_status)
                        : -ENOENT;
}

/* Each thread is a directory in tasks, and so a link to it. */
static uint64_t threads_by_links(const struct process_stats *process)
{
    struct stat status = {0};

    if (status_of(&process->tasks, &status) < 0 ||
        status.st_nlink <= DIRECTORY_LINKS)
        return BOX_UNKNOWN_U16;
    return status.st_nlink - DIRECTORY_LINKS;
}

/* Since kernel 6.2 st_size of /proc/self/fd is the number of descriptors. */
void process_stats_count(struct process_stats *process,
                         struct box_sample *sample)
{
    struct stat status = {0};

    if (process->tasks_count)
        sample->threads = sample_u16(threads_by_links(process));
    if (status_of(&process->descriptors, &status) < 0)
        return;
    process->descriptors.error = status.st_size == 0 ? EOPNOTSUPP : 0;
    if (status.st_size > 0)
        sample->fds = sample_u16((uint64_t)status.st_size);
}

void process_stats_stat(struct process_stats *process,
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
    uint64_t threads = field_u64(at, size, THREADS_FIELD, BOX_UNKNOWN_U16);
    process->tasks_count = threads_by_links(process) == threads;
    sample->threads = sample_u16(threads);
}

/*
 * A file shows users by their numbers in the namespace of who opened it, and
 * the program may have another since: it is opened anew before it is believed.
 */
static bool kept_root(struct process_stats *process,
                      char text[PROC_FILE_TEXT_BYTES], size_t size)
{
    uid_t ours[3] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    struct proc_file anew;

    (void)sys_call3(SYS_getresuid, (long)&ours[0], (long)&ours[1],
                    (long)&ours[2]);
    if (!kept_root_is(text, size, ours))
        return false;
    proc_file_open(&anew, "", status_path);
    size = proc_file_read(&anew, text, PROC_FILE_TEXT_BYTES);
    if (size == 0) /* in a jail, where the old one stays */
        return true;
    proc_file_close(&process->status);
    process->status = anew;
    return kept_root_is(text, size, ours);
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
    process->kept_root = kept_root(process, text, size);
}
