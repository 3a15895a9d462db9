/* Memory history, what it lacks, and usage. Context: tool. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "handler/dumper/categories.h"
#include "handler/dumper/report_build.h"
#include "proto/base/err.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/box_history.h"
#include "proto/memory_sample.h"
#include "proto/report_set.h"

#define TEXT_BYTES    4096
#define NOTE_BYTES    256
#define MS_PER_MINUTE 60000u
#define KIB_PER_PAGE  4u

static void add_sample(struct build *build, const struct box_sample *sample,
                       int64_t unix_ms)
{
    Inquest__V1__Memory *memory = build->report.memory;
    Inquest__V1__MemorySample *out = build_alloc(build, sizeof *out);

    if (!out)
        return;
    memory_sample_fill(sample, unix_ms, out);
    memory->samples[memory->n_samples++] = out;
}

/* What statm does not tell; its 6 us are too long for a crash. */
static void read_status(int pid, struct box_sample *sample)
{
    char path[64];
    char text[TEXT_BYTES];
    size_t size = 0;
    uint64_t value;

    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    if (io_read_text(AT_FDCWD, path, text, sizeof text, &size) < 0)
        return;
    if (fmt_find_u64(text, size, "RssAnon:", &value) == 0)
        sample->anon_pages = (uint32_t)(value / KIB_PER_PAGE);
    if (fmt_find_u64(text, size, "VmSwap:", &value) == 0)
        sample->swap_pages = (uint32_t)(value / KIB_PER_PAGE);
    if (fmt_find_u64(text, size, "Threads:", &value) == 0)
        sample->threads = (uint16_t)(value < UINT16_MAX ? value : UINT16_MAX);
}

/* Never before the history's last, which may be from after the signal: the
 * sampler goes on until it is stopped. */
static int64_t time_of_current(const struct build *build)
{
    const Inquest__V1__Memory *memory = build->report.memory;
    int64_t last = memory->n_samples > 0
                       ? memory->samples[memory->n_samples - 1]->time
                       : 0;

    return last > build->report.time ? last : build->report.time;
}

/* statm of now: resident pages, and of them what files back. */
static void add_current(struct build *build, int pid)
{
    char path[64];
    char text[TEXT_BYTES];
    size_t size = 0;
    uint64_t pages;
    uint64_t shared;
    struct box_sample sample;

    memset(&sample, 0xff, sizeof sample);
    sample.cgroup_oom_kill_events = 0;
    sample.slope_kib_per_s = INT16_MIN;
    (void)snprintf(path, sizeof path, "/proc/%d/statm", pid);
    DROP(io_read_text(AT_FDCWD, path, text, sizeof text, &size));
    const char *at = memchr(text, ' ', size);
    const char *end = text + size;
    if (!at)
        return;
    at++;
    if (fmt_parse_u64(&at, end, 10, &pages) < 0)
        return;
    sample.rss_pages = (uint32_t)pages;
    at++;
    if (at < end && fmt_parse_u64(&at, end, 10, &shared) == 0 &&
        shared <= pages)
        sample.anon_pages = (uint32_t)(pages - shared);
    if (build->report.kind == INQUEST__V1__KIND__SNAPSHOT)
        read_status(pid, &sample);
    add_sample(build, &sample, time_of_current(build));
}

static void add_history(struct build *build)
{
    static struct box_point points[BOX_HISTORY_MAX];
    size_t count = box_history_read(build->box, points);

    for (size_t i = 0; i < count; i++)
        add_sample(build, &points[i].sample, points[i].unix_ms);
}

/* What each missing source would have told. */
static const char *const source_names[BOX_SOURCES] = {
    [BOX_SOURCE_STATM] = "resident memory (/proc/self/statm)",
    [BOX_SOURCE_STAT] = "page faults and threads (/proc/self/stat)",
    [BOX_SOURCE_STATUS] = "swap (/proc/self/status)",
    [BOX_SOURCE_CGROUP] = "use and limit of the memory cgroup",
    [BOX_SOURCE_CGROUP_EVENTS] = "how often the cgroup met its limit",
    [BOX_SOURCE_CGROUP_KILLS] = "OOM kills in the cgroup",
    [BOX_SOURCE_PRESSURE] = "memory pressure (/proc/pressure/memory)",
    [BOX_SOURCE_DESCRIPTORS] = "the number of descriptors (/proc/self/fd)",
    [BOX_SOURCE_SYSTEM_KILLS] = "OOM kills of the machine (/proc/vmstat)",
    [BOX_SOURCE_ROLLUP] = "proportional memory (/proc/self/smaps_rollup)",
    [BOX_SOURCE_NETWORK] = "network use (/proc/net/dev)",
};

static void note_moves(struct build *build)
{
    char note[NOTE_BYTES];
    uint32_t moves = build->box->control.cgroup_moves;

    if (moves == 0)
        return;
    (void)snprintf(note, sizeof note,
                   "the program was moved to another memory cgroup %u time%s "
                   "while it ran; use and limit are of where it was",
                   moves, moves == 1 ? "" : "s");
    build_note(build, note);
}

static void note_sampler(struct build *build, const struct box_sampler *sampler)
{
    char note[NOTE_BYTES];

    for (size_t i = 0; i < BOX_SOURCES; i++) {
        if (sampler->error[i] == 0)
            continue;
        (void)snprintf(note, sizeof note, "not sampled: %s: %s",
                       source_names[i], err_text(-(int)sampler->error[i]));
        build_note(build, note);
    }
    if (sampler->clock_steps > 0) {
        (void)snprintf(note, sizeof note,
                       "the machine's clock was set %u times while the program "
                       "ran; sample times are by the last setting",
                       sampler->clock_steps);
        build_note(build, note);
    }
    if (sampler->suspended_ms >= MS_PER_MINUTE &&
        sampler->suspended_ms != BOX_UNKNOWN_U64) {
        (void)snprintf(note, sizeof note,
                       "the machine slept for %llu min while the program ran",
                       (unsigned long long)sampler->suspended_ms /
                           MS_PER_MINUTE);
        build_note(build, note);
    }
}

/* OPTIONAL: the filter takes it out where it was not granted. */
static void build_usage(struct build *build, const struct box_sampler *sampler)
{
    Inquest__V1__Usage *usage = build_alloc(build, sizeof *usage);
    uint64_t uptime_ms = build_uptime_ms(build);

    if (!usage || (sampler->cpu_ms == BOX_UNKNOWN_U64 &&
                   sampler->network_rx_bytes == BOX_UNKNOWN_U64))
        return;
    inquest__v1__usage__init(usage);
    build->report.usage = usage;
    SET_KNOWN(usage, USAGE, network_rx_bytes, NETWORK_RX_BYTES,
              sampler->network_rx_bytes != BOX_UNKNOWN_U64,
              sampler->network_rx_bytes);
    SET_KNOWN(usage, USAGE, network_tx_bytes, NETWORK_TX_BYTES,
              sampler->network_tx_bytes != BOX_UNKNOWN_U64,
              sampler->network_tx_bytes);
    SET_KNOWN(usage, USAGE, cpu_percent, CPU_PERCENT,
              sampler->cpu_ms != BOX_UNKNOWN_U64 && uptime_ms > 0,
              (uint32_t)(sampler->cpu_ms / (uptime_ms / 100 + 1)));
}

void build_memory(struct build *build)
{
    Inquest__V1__Memory *memory = build_alloc(build, sizeof *memory);
    struct box_sampler sampler;

    if (!memory)
        return;
    inquest__v1__memory__init(memory);
    memory->samples =
        build_alloc(build, (BOX_HISTORY_MAX + 1) * sizeof *memory->samples);
    if (!memory->samples)
        return;
    build->report.memory = memory;
    if (build->box) {
        add_history(build);
        note_moves(build);
        bool known = box_sampler_read(build->box, &sampler);
        if (known) {
            note_sampler(build, &sampler);
            build_usage(build, &sampler);
        }
        categories_of_sampler(build, known ? &sampler : NULL);
        build_alarms(build);
    }
    if (build->target && build->target->pid > 0) {
        add_current(build, build->target->pid);
        categories_of_process(build);
    }
}
