/* Figures for one sample. Formats: proc(5), cgroups(7). Context: guest. */
#include "handler/sampler/memory_stats.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "proto/base/fmt.h"
#include "proto/base/sys.h"

#define BYTES_PER_KIB 1024u
#define PAGE_BYTES    4096u
#define PAGES_PER_MIB 256u

static uint32_t clamp_u32(uint64_t value)
{
    return value < BOX_UNKNOWN_U32 ? (uint32_t)value : BOX_UNKNOWN_U32;
}

static uint32_t pages_of(uint64_t bytes)
{
    return bytes == UINT64_MAX ? BOX_UNKNOWN_U32
                               : clamp_u32(bytes / PAGE_BYTES);
}

static uint32_t machine_pages(void)
{
    struct sysinfo info = {0};
    uint64_t bytes = 0;

    if (sys_call1(SYS_sysinfo, (long)&info) < 0 ||
        __builtin_mul_overflow((uint64_t)info.totalram, info.mem_unit, &bytes))
        return BOX_UNKNOWN_U32;
    return pages_of(bytes);
}

void memory_stats_open(struct memory_stats *stats, const char *root,
                       const char *cgroup)
{
    memory_stats_close(stats);
    stats->root = root;
    stats->begun = false;
    stats->rollup_next_ms = 0;
    memset(&stats->known, 0xff, sizeof stats->known);
    memset(stats->known.error, 0, sizeof stats->known.error);
    stats->known.clock_steps = 0;
    stats->known.suspended_ms = 0;
    stats->known.name[0] = '\0';
    stats->known.limiting_cgroup[0] = '\0';
    proc_file_open(&stats->statm, root, "/proc/self/statm");
    proc_file_open(&stats->stat, root, "/proc/self/stat");
    proc_file_open(&stats->status, root, "/proc/self/status");
    proc_file_open(&stats->vmstat, root, "/proc/vmstat");
    cgroup_memory_open(&stats->group, root, cgroup);
    stats->machine_pages = machine_pages();
    stats->swap_pages = BOX_UNKNOWN_U32;
    stats->pressure.fd = 0;
    stats->pressure_us = BOX_UNKNOWN_U64;
    if (stats->group.version == 2)
        proc_file_open(&stats->pressure, stats->group.own, "/memory.pressure");
    stats->pressure_of_group = stats->pressure.fd > 0;
    if (stats->pressure.fd <= 0)
        proc_file_open(&stats->pressure, root, "/proc/pressure/memory");
}

void memory_stats_close(struct memory_stats *stats)
{
    proc_file_close(&stats->statm);
    proc_file_close(&stats->stat);
    proc_file_close(&stats->status);
    proc_file_close(&stats->pressure);
    proc_file_close(&stats->vmstat);
    cgroup_memory_close(&stats->group);
    usage_stats_close(&stats->usage);
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

static uint16_t clamp_u16(uint64_t value)
{
    return value < BOX_UNKNOWN_U16 ? (uint16_t)value : BOX_UNKNOWN_U16;
}

/* What a total has risen by since the last sample, 0 at the first. */
static uint64_t risen(const struct memory_stats *stats, uint64_t *total,
                      uint64_t now)
{
    uint64_t before = *total;

    *total = now;
    return stats->begun && now != UINT64_MAX && before != UINT64_MAX &&
                   now > before
               ? now - before
               : 0;
}

/* statm: resident, and of it what files and shared memory back. */
static void read_statm(struct memory_stats *stats, struct box_sample *sample)
{
    size_t size = proc_file_read(&stats->statm, stats->text, MEMORY_TEXT_BYTES);
    uint64_t rss = field_u64(stats->text, size, 1, BOX_UNKNOWN_U32);
    uint64_t shared = field_u64(stats->text, size, 2, BOX_UNKNOWN_U32);

    sample->rss_pages = clamp_u32(rss);
    if (rss < BOX_UNKNOWN_U32 && shared <= rss)
        sample->anon_pages = (uint32_t)(rss - shared);
}

/* The name in field 2 may hold anything: it ends at the last ')'. */
static void copy_name(struct memory_stats *stats, const char *name_end)
{
    const char *begin = memchr(stats->text, '(', 32);
    size_t size = begin ? (size_t)(name_end - begin) - 1 : 0;

    if (size >= sizeof stats->known.name)
        size = sizeof stats->known.name - 1;
    memset(stats->known.name, 0, sizeof stats->known.name);
    if (begin && name_end > begin)
        memcpy(stats->known.name, begin + 1, size);
}

/* Fields 10, 12 and 20 of stat: minflt, majflt, num_threads (from ')'). */
static void read_stat(struct memory_stats *stats, struct box_sample *sample)
{
    size_t size = proc_file_read(&stats->stat, stats->text, MEMORY_TEXT_BYTES);
    const char *text = stats->text;
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): an array */
    const char *at = memrchr(text, ')', size);

    if (!at || (size_t)(at - text) + 2 > size)
        return;
    copy_name(stats, at);
    at += 2;
    size -= (size_t)(at - text);
    uint64_t minor = field_u64(at, size, 7, UINT64_MAX);
    uint64_t major = field_u64(at, size, 9, UINT64_MAX);
    sample->minor_faults = clamp_u32(risen(stats, &stats->minor_faults, minor));
    sample->major_faults = clamp_u16(risen(stats, &stats->major_faults, major));
    sample->threads = clamp_u16(field_u64(at, size, 17, BOX_UNKNOWN_U16));
    if (stats->usage.granted)
        sample->cpu_permille = usage_stats_cpu(&stats->usage, at, size);
}

static uint64_t status_bytes(const char *text, size_t size, const char *key)
{
    uint64_t kib;

    return fmt_find_u64(text, size, key, &kib) < 0 ? UINT64_MAX
                                                   : kib * BYTES_PER_KIB;
}

static void read_status(struct memory_stats *stats, struct box_sample *sample)
{
    struct box_sampler *known = &stats->known;
    size_t size =
        proc_file_read(&stats->status, stats->text, MEMORY_TEXT_BYTES);
    uint64_t tracer = 0;

    sample->swap_pages = pages_of(status_bytes(stats->text, size, "VmSwap:"));
    stats->swap_pages = sample->swap_pages;
    known->anon_bytes = status_bytes(stats->text, size, "RssAnon:");
    known->file_bytes = status_bytes(stats->text, size, "RssFile:");
    known->shared_bytes = status_bytes(stats->text, size, "RssShmem:");
    if (fmt_find_u64(stats->text, size, "TracerPid:", &tracer) == 0 &&
        tracer != 0)
        sample->flags |= BOX_SAMPLE_TRACED;
}

static void read_system_kills(struct memory_stats *stats)
{
    size_t size =
        proc_file_read(&stats->vmstat, stats->text, MEMORY_TEXT_BYTES);
    uint64_t kills;

    if (fmt_find_u64(stats->text, size, "oom_kill ", &kills) < 0)
        return;
    stats->known.system_oom_kills = kills;
    if (stats->known.system_oom_kills_start == BOX_UNKNOWN_U64)
        stats->known.system_oom_kills_start = kills;
}

/* "some avg10=1.23 …": the average over 10 s in thousandths. */
static uint16_t pressure(const char *text, size_t size, const char *key)
{
    const char *at = memmem(text, size, key, strlen(key));
    const char *end = text + size;
    uint64_t whole;
    uint64_t hundredths = 0;

    if (!at)
        return BOX_UNKNOWN_U16;
    at += strlen(key);
    if (fmt_parse_u64(&at, end, 10, &whole) < 0)
        return BOX_UNKNOWN_U16;
    if (at < end && *at == '.') {
        at++;
        if (fmt_parse_u64(&at, end, 10, &hundredths) < 0)
            return BOX_UNKNOWN_U16;
    }
    return clamp_u16(whole * 10 + hundredths / 10);
}

static void read_pressure(struct memory_stats *stats, struct box_sample *sample)
{
    char *text = stats->text;
    size_t size = proc_file_read(&stats->pressure, text, MEMORY_TEXT_BYTES);
    const char *total = memmem(text, size, "total=", strlen("total="));

    sample->pressure_some_permille = pressure(text, size, "some avg10=");
    sample->pressure_full_permille = pressure(text, size, "full avg10=");
    if (!total)
        return;
    total += strlen("total=");
    if (fmt_parse_u64(&total, text + size, 10, &stats->pressure_us) < 0)
        stats->pressure_us = BOX_UNKNOWN_U64;
}

/* Since kernel 6.2 st_size of /proc/self/fd is the number of descriptors. */
static void count_descriptors(struct memory_stats *stats,
                              struct box_sample *sample)
{
    struct stat status = {0};
    long r = -ENOENT;

    if (stats->root[0] == '\0') {
        r = sys_call4(SYS_newfstatat, AT_FDCWD, (long)"/proc/self/fd",
                      (long)&status, 0);
    }
    if (r == 0 && status.st_size == 0)
        r = -EOPNOTSUPP;
    stats->known.error[BOX_SOURCE_DESCRIPTORS] = (uint16_t)-r;
    if (r == 0)
        sample->fds = clamp_u16((uint64_t)status.st_size);
}

static void read_cgroup(struct memory_stats *stats, struct box_sample *sample)
{
    struct cgroup_figures figures;

    cgroup_memory_read(&stats->group, &figures);
    sample->cgroup_current_pages = pages_of(figures.current_bytes);
    sample->cgroup_limit_pages = pages_of(figures.limit_bytes);
    sample->cgroup_limit_events =
        clamp_u16(risen(stats, &stats->limit_events, figures.limit_events));
    uint64_t ooms = risen(stats, &stats->oom_events, figures.oom_events);
    uint64_t kills = risen(stats, &stats->oom_kills, figures.oom_kills);
    sample->cgroup_oom_events = (uint8_t)(ooms < UINT8_MAX ? ooms : UINT8_MAX);
    sample->cgroup_oom_kill_events =
        (uint8_t)(kills < UINT8_MAX ? kills : UINT8_MAX);
    stats->known.oom_kills = figures.oom_kills;
    if (stats->known.oom_kills_start == BOX_UNKNOWN_U64)
        stats->known.oom_kills_start = figures.oom_kills;
}

/* The program may have closed them; what is gone is opened again. */
static void check_files(struct memory_stats *stats)
{
    struct {
        struct proc_file *file;
        const char *path;
    } const files[] = {
        {&stats->statm, "/proc/self/statm"},
        {&stats->stat, "/proc/self/stat"},
        {&stats->status, "/proc/self/status"},
        {&stats->vmstat, "/proc/vmstat"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        proc_file_check(files[i].file);
        if (files[i].file->fd <= 0)
            proc_file_open(files[i].file, stats->root, files[i].path);
    }
    proc_file_check(&stats->pressure);
    cgroup_memory_refresh(&stats->group);
}

static uint16_t error_of(const struct proc_file *file)
{
    return (uint16_t)(file->fd > 0 ? 0 : file->error ? file->error : ENOENT);
}

static void note_errors(struct memory_stats *stats)
{
    uint16_t *error = stats->known.error;

    error[BOX_SOURCE_STATM] = error_of(&stats->statm);
    error[BOX_SOURCE_STAT] = error_of(&stats->stat);
    error[BOX_SOURCE_STATUS] = error_of(&stats->status);
    error[BOX_SOURCE_CGROUP] = error_of(&stats->group.current);
    error[BOX_SOURCE_CGROUP_EVENTS] = error_of(&stats->group.events);
    error[BOX_SOURCE_CGROUP_KILLS] = error_of(&stats->group.kills);
    error[BOX_SOURCE_PRESSURE] = error_of(&stats->pressure);
    error[BOX_SOURCE_SYSTEM_KILLS] = error_of(&stats->vmstat);
    error[BOX_SOURCE_NETWORK] =
        stats->usage.granted ? error_of(&stats->usage.network) : 0;
}

void memory_stats_reclaimable(struct memory_stats *stats)
{
    stats->reclaimable_pages = pages_of(cgroup_memory_reclaimable(
        &stats->group, stats->text, MEMORY_TEXT_BYTES));
}

static void read_slow(struct memory_stats *stats, struct box_sample *sample)
{
    struct box_sampler *known = &stats->known;

    read_status(stats, sample);
    read_system_kills(stats);
    memory_stats_reclaimable(stats);
    if (stats->usage.granted) {
        usage_stats_network(&stats->usage, stats->text, MEMORY_TEXT_BYTES);
        known->network_rx_bytes = stats->usage.rx_bytes;
        known->network_tx_bytes = stats->usage.tx_bytes;
        known->cpu_ms = stats->usage.cpu_ms;
    }
    box_string(known->limiting_cgroup, sizeof known->limiting_cgroup,
               stats->group.limiting);
    note_errors(stats);
}

void memory_stats_read(struct memory_stats *stats, bool slow,
                       struct box_sample *sample)
{
    memset(sample, 0xff, sizeof *sample); /* nothing known yet */
    sample->cgroup_oom_events = 0;
    sample->cgroup_oom_kill_events = 0;
    sample->slope_kib_per_s = INT16_MIN;
    sample->flags = 0;
    sample->version = 1;
    if (slow)
        check_files(stats);
    read_statm(stats, sample);
    read_stat(stats, sample);
    read_cgroup(stats, sample);
    read_pressure(stats, sample);
    count_descriptors(stats, sample);
    if (slow)
        read_slow(stats, sample);
    stats->begun = true;
}

void memory_stats_alarm(const struct memory_stats *stats,
                        const struct box_sample *sample,
                        struct alarm_sample *alarm)
{
    uint32_t current = sample->cgroup_current_pages;
    bool limited = sample->cgroup_limit_pages < stats->machine_pages &&
                   current != BOX_UNKNOWN_U32;

    *alarm = (struct alarm_sample){
        .own_pages = sample->anon_pages,
        .limit_pages = stats->machine_pages,
        .pressure_us = stats->pressure_us,
        .pressure_limit_pages = stats->machine_pages,
    };
    if (alarm->own_pages != BOX_UNKNOWN_U32 &&
        stats->swap_pages != BOX_UNKNOWN_U32)
        alarm->own_pages += stats->swap_pages;
    alarm->used_pages = alarm->own_pages;
    if (!limited)
        return;
    alarm->limit_pages = sample->cgroup_limit_pages;
    alarm->used_pages = current > stats->reclaimable_pages
                            ? current - stats->reclaimable_pages
                            : 0;
    if (stats->pressure_of_group)
        alarm->pressure_limit_pages = sample->cgroup_limit_pages;
}

static uint64_t now_us(void)
{
    struct timespec now = {0};

    (void)sys_call2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

void memory_stats_rollup(struct memory_stats *stats, uint32_t rss_pages,
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
    uint64_t begin = now_us();
    proc_file_open(&file, stats->root, "/proc/self/smaps_rollup");
    size_t size = proc_file_read(&file, stats->text, MEMORY_TEXT_BYTES);
    known->error[BOX_SOURCE_ROLLUP] = error_of(&file);
    proc_file_close(&file);
    uint64_t wait_ms = (now_us() - begin) * ROLLUP_SHARE / 1000u;
    stats->rollup_next_ms =
        now_ms + (wait_ms > ROLLUP_MS_MIN ? wait_ms : ROLLUP_MS_MIN);
    uint64_t clean = status_bytes(stats->text, size, "Private_Clean:");
    uint64_t dirty = status_bytes(stats->text, size, "Private_Dirty:");
    if (clean == UINT64_MAX || dirty == UINT64_MAX)
        return;
    known->proportional_bytes = status_bytes(stats->text, size, "Pss:");
    known->private_bytes = clean + dirty;
}
