/* A death without a word: box and hearsay to a verdict. Context: tool. */
#include <string.h>
#include <time.h>

#include "handler/dumper/report_build.h"
#include "handler/dumper/termination.h"
#include "proto/base/sys.h"
#include "proto/box_history.h"
#include "proto/report_set.h"

#define PAGE_BYTES  4096ull
#define NS_PER_MS   1000000u
#define RECENT      16     /* samples looked at for a debugger */
#define SWAP_MS_MAX 20000u /* how old a figure of swap may be */

static uint64_t bytes_of(uint32_t pages)
{
    return pages == BOX_UNKNOWN_U32 ? TERMINATION_UNKNOWN : pages * PAGE_BYTES;
}

/* What the machine slept since the sampler last looked at its clocks. */
static uint64_t slept_ms_since(const struct box_sampler *sampler)
{
    uint64_t then_ns = sampler->clock_boot_ns - sampler->clock_monotonic_ns;
    uint64_t asleep_ns = (uint64_t)sys_clock_ns(CLOCK_BOOTTIME) -
                         (uint64_t)sys_clock_ns(CLOCK_MONOTONIC);

    return sampler->period_ms > 0 && asleep_ns > then_ns
               ? (asleep_ns - then_ns) / NS_PER_MS
               : 0;
}

/* From the last sample to now, the machine's sleep left out. */
static uint64_t silent_ms(const struct box_sampler *sampler, uint64_t last_ms)
{
    uint64_t since_ms =
        (uint64_t)sys_clock_ns(CLOCK_BOOTTIME) / NS_PER_MS - last_ms;
    uint64_t slept_ms = slept_ms_since(sampler);

    return since_ms > slept_ms ? since_ms - slept_ms : 0;
}

/* Only each slow sample has it. */
static uint64_t last_swap_bytes(const struct box_point *points, size_t count)
{
    uint64_t last_ms = points[count - 1].boot_ms;

    for (size_t i = count; i > 0; i--) {
        const struct box_point *point = &points[i - 1];
        if (last_ms - point->boot_ms > SWAP_MS_MAX)
            break;
        if (point->sample.swap_pages != BOX_UNKNOWN_U32)
            return bytes_of(point->sample.swap_pages);
    }
    return TERMINATION_UNKNOWN;
}

static void take_last_samples(const struct box_point *points, size_t count,
                              const struct box_sampler *sampler,
                              struct termination_facts *facts)
{
    const struct box_sample *last = &points[count - 1].sample;
    uint64_t last_ms = points[count - 1].boot_ms;

    facts->rss_bytes = bytes_of(last->rss_pages);
    facts->swap_bytes = last_swap_bytes(points, count);
    for (size_t i = count; i > 0 && count - i < RECENT; i--) {
        const struct box_sample *sample = &points[i - 1].sample;
        if (sample->flags & BOX_SAMPLE_TRACED)
            facts->traced = true;
    }
    facts->used_bytes = bytes_of(last->cgroup_current_pages);
    facts->limit_bytes = bytes_of(last->cgroup_limit_pages);
    facts->pressure_full_permille = last->pressure_full_permille;
    if (facts->supervisor == SUPERVISOR_SAW &&
        (uint64_t)sys_clock_ns(CLOCK_BOOTTIME) / NS_PER_MS >= last_ms)
        facts->silent_ms = silent_ms(sampler, last_ms);
}

/* now less before; unknown when either is, or the counter is another one's. */
static uint64_t risen(uint64_t now, uint64_t before)
{
    if (now == TERMINATION_UNKNOWN || before == BOX_UNKNOWN_U64 || now < before)
        return TERMINATION_UNKNOWN;
    return now - before;
}

void termination_read_box(const struct box *box,
                          const struct termination_hearsay *hearsay,
                          struct termination_facts *facts)
{
    static struct box_point points[BOX_HISTORY_MAX];
    static struct box_sampler sampler;
    struct box_crash crash;
    size_t count = box_history_read(box, points);
    bool known = box_sampler_read(box, &sampler);

    *facts = (struct termination_facts){
        .supervisor = hearsay->supervisor,
        .signal_number = hearsay->signal_number,
        .restarted = hearsay->restarted,
        .no_box = hearsay->no_box,
        .crashing = box->control.crashed && !box_crash_read(box, &crash),
        .kernel_log = hearsay->kernel_log,
        .kernel_log_read = hearsay->kernel_log_read,
        .cgroup_kills = TERMINATION_UNKNOWN,
        .system_kills = TERMINATION_UNKNOWN,
        .recent_kills = TERMINATION_UNKNOWN,
        .group_kills = TERMINATION_UNKNOWN,
        .silent_ms = TERMINATION_UNKNOWN,
        .rss_bytes = TERMINATION_UNKNOWN,
        .swap_bytes = TERMINATION_UNKNOWN,
        .peak_rss_bytes = hearsay->peak_rss_bytes,
        .used_bytes = TERMINATION_UNKNOWN,
        .limit_bytes = TERMINATION_UNKNOWN,
        .pressure_full_permille = UINT16_MAX,
        .where = "",
    };
    if (count > 0 && !hearsay->no_box) /* that one is the peak */
        take_last_samples(points, count, &sampler, facts);
    facts->period_ms = known ? sampler.period_ms : 0;
    facts->sampler_ended = known && sampler.period_ms == 0;
    facts->where = sampler.limiting_cgroup;
    facts->moved = box->control.cgroup_moves != 0;
    facts->cgroup_kills =
        risen(hearsay->cgroup_kills,
              known ? sampler.oom_kills_start : hearsay->cgroup_kills_start);
    facts->system_kills =
        risen(hearsay->system_kills, known ? sampler.system_oom_kills_start
                                           : hearsay->system_kills_start);
    if (known)
        facts->recent_kills = risen(hearsay->cgroup_kills, sampler.oom_kills);
    facts->group_kills =
        risen(hearsay->group_kills, hearsay->group_kills_start);
}

bool build_termination(struct build *build,
                       const struct termination_hearsay *hearsay)
{
    static struct termination_facts facts;
    static struct termination_verdict verdict;
    Inquest__V1__Termination *end = build_alloc(build, sizeof *end);

    termination_read_box(build->box, hearsay, &facts);
    termination_judge(&facts, &verdict);
    if (!end || !verdict.report)
        return false;
    inquest__v1__termination__init(end);
    build->report.termination = end;
    end->cause = verdict.cause;
    end->grade = verdict.grade;
    SET_KNOWN(end, TERMINATION, signal_number, SIGNAL_NUMBER,
              hearsay->signal_number > 0, hearsay->signal_number);
    end->evidence =
        build_alloc(build, verdict.evidence_count * sizeof *end->evidence);
    for (uint32_t i = 0; end->evidence && i < verdict.evidence_count; i++) {
        end->evidence[end->n_evidence++] = build_string(
            build, verdict.evidence[i], TERMINATION_EVIDENCE_BYTES);
    }
    return true;
}
