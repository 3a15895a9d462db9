/* Figures for one sample. Formats: proc(5), cgroups(7). Context: guest. */
#include "handler/sampler/memory_stats.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include "handler/sampler/sample_number.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"
#include "proto/box_place.h"
#include "proto/cgroup_place.h"

_Static_assert(PROC_FILE_TEXT_BYTES >= CGROUP_LINE_BYTES, "scratch");

static const char cgroup_path[] = "/proc/self/cgroup";

static uint32_t machine_pages(void)
{
    struct sysinfo info = {0};
    uint64_t bytes = 0;

    if (sys_call1(SYS_sysinfo, (long)&info) < 0 ||
        __builtin_mul_overflow((uint64_t)info.totalram, info.mem_unit, &bytes))
        return BOX_UNKNOWN_U32;
    return sample_pages(bytes);
}

/* Of the machine, before us; whoever finds the box knows them after us. */
static void read_system_kills(struct memory_stats *stats)
{
    struct proc_file vmstat;
    uint64_t kills;

    proc_file_open(&vmstat, stats->root, "/proc/vmstat");
    size_t size = proc_file_read(&vmstat, stats->text, PROC_FILE_TEXT_BYTES);
    stats->known.error[BOX_SOURCE_SYSTEM_KILLS] = proc_file_error(&vmstat);
    proc_file_close(&vmstat);
    if (fmt_find_u64(stats->text, size, "oom_kill ", &kills) == 0)
        stats->known.system_oom_kills_start = kills;
}

/* Into cgroup: what was counted in another one says nothing in this. */
static void enter_cgroup(struct memory_stats *stats, const char *cgroup)
{
    struct box_sampler *known = &stats->known;

    stats->limit_events = UINT64_MAX;
    stats->oom_events = UINT64_MAX;
    stats->oom_kills = UINT64_MAX;
    known->oom_kills_start = BOX_UNKNOWN_U64;
    known->oom_kills = BOX_UNKNOWN_U64;
    box_string(known->cgroup, sizeof known->cgroup, cgroup);
    known->cgroup_namespace = box_place_inode("/proc/self/ns/cgroup");
    cgroup_memory_open(&stats->group, stats->root, cgroup, stats->text);
    pressure_stats_open(&stats->pressure, stats->root, &stats->group);
}

/* Where the process is now: the version, 0 where that cannot be read. */
static int read_place(struct memory_stats *stats, char *ret_path, size_t size)
{
    size_t text_size =
        proc_file_read(&stats->cgroup, stats->text, PROC_FILE_TEXT_BYTES);

    return cgroup_path_parse(stats->text, text_size, ret_path, size);
}

/* Service managers and container runtimes move who runs already. */
static void follow_cgroup(struct memory_stats *stats)
{
    char cgroup[sizeof stats->known.cgroup];

    if (read_place(stats, cgroup, sizeof cgroup) == 0 ||
        strcmp(cgroup, stats->known.cgroup) == 0)
        return;
    cgroup_memory_close(&stats->group);
    pressure_stats_close(&stats->pressure);
    enter_cgroup(stats, cgroup);
    stats->cgroup_moves++;
}

void memory_stats_open(struct memory_stats *stats, const char *root,
                       const char *cgroup)
{
    char now[sizeof stats->known.cgroup] = "";

    memory_stats_close(stats);
    stats->root = root;
    stats->rollup_next_ms = 0;
    memset(&stats->known, 0xff, sizeof stats->known);
    memset(stats->known.error, 0, sizeof stats->known.error);
    stats->known.clock_steps = 0;
    stats->known.suspended_ms = 0;
    box_place_read(&stats->known.place);
    stats->known.name[0] = '\0';
    stats->known.limiting_cgroup[0] = '\0';
    stats->cgroup_moves = 0;
    process_stats_open(&stats->process, root);
    read_system_kills(stats);
    proc_file_open(&stats->cgroup, root, cgroup_path);
    if (*cgroup == '\0')
        (void)read_place(stats, now, sizeof now);
    enter_cgroup(stats, *cgroup ? cgroup : now);
    stats->machine_pages = machine_pages();
}

void memory_stats_close(struct memory_stats *stats)
{
    process_stats_close(&stats->process);
    cgroup_memory_close(&stats->group);
    pressure_stats_close(&stats->pressure);
    proc_file_close(&stats->cgroup);
    usage_stats_close(&stats->usage);
}

static void read_cgroup(struct memory_stats *stats, struct box_sample *sample)
{
    struct cgroup_figures figures;

    cgroup_memory_read(&stats->group, &figures);
    sample->cgroup_current_pages = sample_pages(figures.current_bytes);
    sample->cgroup_limit_pages = sample_pages(figures.limit_bytes);
    sample->cgroup_limit_events =
        sample_u16(sample_risen(&stats->limit_events, figures.limit_events));
    uint64_t ooms = sample_risen(&stats->oom_events, figures.oom_events);
    uint64_t kills = sample_risen(&stats->oom_kills, figures.oom_kills);
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
    process_stats_check(&stats->process, stats->root);
    proc_file_keep(&stats->cgroup, stats->root, cgroup_path);
    proc_file_check(&stats->pressure.file);
    follow_cgroup(stats);
    cgroup_memory_refresh(&stats->group);
}

static void note_errors(struct memory_stats *stats)
{
    uint16_t *error = stats->known.error;

    error[BOX_SOURCE_STATM] = proc_file_error(&stats->process.statm);
    error[BOX_SOURCE_STAT] = proc_file_error(&stats->process.stat);
    error[BOX_SOURCE_STATUS] = proc_file_error(&stats->process.status);
    error[BOX_SOURCE_CGROUP] = proc_file_error(&stats->group.current);
    error[BOX_SOURCE_CGROUP_EVENTS] = proc_file_error(&stats->group.events);
    error[BOX_SOURCE_CGROUP_KILLS] = proc_file_error(&stats->group.kills);
    error[BOX_SOURCE_PRESSURE] = proc_file_error(&stats->pressure.file);
    error[BOX_SOURCE_DESCRIPTORS] =
        proc_file_error(&stats->process.descriptors);
    error[BOX_SOURCE_NETWORK] =
        stats->usage.granted ? proc_file_error(&stats->usage.network) : 0;
}

void memory_stats_reclaimable(struct memory_stats *stats)
{
    stats->reclaimable_pages = sample_pages(cgroup_memory_reclaimable(
        &stats->group, stats->text, PROC_FILE_TEXT_BYTES));
}

static void read_slow(struct memory_stats *stats, struct box_sample *sample)
{
    struct box_sampler *known = &stats->known;

    process_stats_status(&stats->process, stats->text, known, sample);
    memory_stats_reclaimable(stats);
    if (stats->usage.granted) {
        usage_stats_network(&stats->usage, stats->text, PROC_FILE_TEXT_BYTES);
        known->network_rx_bytes = stats->usage.rx_bytes;
        known->network_tx_bytes = stats->usage.tx_bytes;
        known->cpu_ms = stats->usage.cpu_ms;
    }
    box_string(known->limiting_cgroup, sizeof known->limiting_cgroup,
               stats->group.limiting);
    note_errors(stats);
}

static void read_process(struct memory_stats *stats, bool slow,
                         struct box_sample *sample)
{
    struct process_stats *process = &stats->process;
    struct rusage used;

    process_stats_statm(process, stats->text, sample);
    if (sys_call2(SYS_getrusage, RUSAGE_SELF, (long)&used) == 0)
        process_stats_used(process, &stats->usage, &used, sample);
    process_stats_count(process, sample);
    if (slow || !process->tasks_count)
        process_stats_stat(process, stats->text, &stats->known, sample);
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
    read_process(stats, slow, sample);
    read_cgroup(stats, sample);
    pressure_stats_read(&stats->pressure, stats->text, sample);
    if (slow)
        read_slow(stats, sample);
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
        .pressure_us = stats->pressure.stalled_us,
        .pressure_limit_pages = stats->machine_pages,
    };
    if (alarm->own_pages != BOX_UNKNOWN_U32 &&
        stats->process.swap_pages != BOX_UNKNOWN_U32)
        alarm->own_pages += stats->process.swap_pages;
    alarm->used_pages = alarm->own_pages;
    if (!limited)
        return;
    alarm->limit_pages = sample->cgroup_limit_pages;
    alarm->used_pages = current > stats->reclaimable_pages
                            ? current - stats->reclaimable_pages
                            : 0;
    if (stats->pressure.of_group)
        alarm->pressure_limit_pages = sample->cgroup_limit_pages;
}
