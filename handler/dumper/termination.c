/* Evidence to verdict. Context: tool. */
#include "handler/dumper/termination.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "handler/dumper/cause.h"
#include "proto/base/compiler.h"

#define AT_LIMIT_PERCENT     95u
#define NEAR_LIMIT_PERCENT   90u
#define PRESSED_PERMILLE     200u
#define PERMILLE_PER_PERCENT 10u
#define SILENT_PERIODS       3u
#define MS_PER_S             1000u
#define BYTES_PER_MIB        (1u << 20)

static PRINTF_LIKE(2, 3) void say(struct termination_verdict *verdict,
                                  const char *format, ...)
{
    va_list arguments;

    if (verdict->evidence_count == TERMINATION_EVIDENCE_MAX)
        return;
    va_start(arguments, format);
    (void)vsnprintf(verdict->evidence[verdict->evidence_count++],
                    TERMINATION_EVIDENCE_BYTES, format, arguments);
    va_end(arguments);
}

static void decide(struct termination_verdict *verdict,
                   Inquest__V1__TerminationCause cause,
                   Inquest__V1__Grade grade)
{
    verdict->report = true;
    verdict->cause = cause;
    verdict->grade = grade;
}

static bool known(uint64_t value)
{
    return value != TERMINATION_UNKNOWN;
}

static bool is_share(uint64_t part, uint64_t whole, unsigned percent)
{
    return known(part) && known(whole) && whole > 0 &&
           part >= whole / 100u * percent;
}

/* For the kernel what is swapped counts as what is resident; of others' swap
 * nothing is known. */
static bool held_most(const struct termination_facts *facts)
{
    uint64_t swap = known(facts->swap_bytes) ? facts->swap_bytes : 0;

    return known(facts->rss_bytes) && known(facts->used_bytes) &&
           is_share(facts->rss_bytes + swap, facts->used_bytes + swap, 50);
}

/* It held most of what the limit allows: a bystander does not. */
static bool is_likely_victim(const struct termination_facts *facts)
{
    return held_most(facts) ||
           is_share(facts->rss_bytes, facts->limit_bytes, AT_LIMIT_PERCENT);
}

/* Its surroundings were short of memory, whoever used it. */
static bool was_short(const struct termination_facts *facts)
{
    return is_share(facts->used_bytes, facts->limit_bytes,
                    NEAR_LIMIT_PERCENT) ||
           is_share(facts->peak_rss_bytes, facts->limit_bytes,
                    NEAR_LIMIT_PERCENT) ||
           (facts->pressure_full_permille != UINT16_MAX &&
            facts->pressure_full_permille > PRESSED_PERMILLE);
}

static bool was_counted(const struct termination_facts *facts)
{
    if (known(facts->cgroup_kills)) /* it counts those of the machine too */
        return facts->cgroup_kills > 0;
    return known(facts->system_kills) && facts->system_kills > 0;
}

static bool counters_known(const struct termination_facts *facts)
{
    return known(facts->cgroup_kills) || known(facts->system_kills);
}

static void say_counters(struct termination_verdict *verdict,
                         const struct termination_facts *facts)
{
    if (known(facts->cgroup_kills)) {
        say(verdict, "OOM kills in its cgroup %s: %llu",
            facts->moved ? "since it was moved there" : "while it ran",
            (unsigned long long)facts->cgroup_kills);
    } else if (known(facts->system_kills)) {
        say(verdict, "OOM kills on the machine while it ran: %llu",
            (unsigned long long)facts->system_kills);
    } else {
        say(verdict, "no counter of OOM kills could be read");
    }
    if (known(facts->recent_kills) && facts->recent_kills > 0 &&
        known(facts->silent_ms)) {
        say(verdict, "the last of them in the %llu ms before its end",
            (unsigned long long)facts->silent_ms);
    }
}

static void say_held(struct termination_verdict *verdict,
                     const struct termination_facts *facts)
{
    unsigned long long rss_mib = facts->rss_bytes / BYTES_PER_MIB;
    unsigned long long swap_mib = facts->swap_bytes / BYTES_PER_MIB;

    if (known(facts->swap_bytes) && swap_mib > 0) {
        say(verdict,
            "last sample: it held %llu MiB itself, and %llu MiB in "
            "swap",
            rss_mib, swap_mib);
    } else {
        say(verdict, "last sample: it held %llu MiB itself", rss_mib);
    }
}

static void say_memory(struct termination_verdict *verdict,
                       const struct termination_facts *facts)
{
    if (known(facts->limit_bytes) && known(facts->used_bytes)) {
        say(verdict, "last sample: cgroup at %llu MiB of %llu MiB%s%.200s",
            (unsigned long long)facts->used_bytes / BYTES_PER_MIB,
            (unsigned long long)facts->limit_bytes / BYTES_PER_MIB,
            *facts->where ? ", limit of " : "", facts->where);
    }
    if (known(facts->rss_bytes))
        say_held(verdict, facts);
    if (known(facts->peak_rss_bytes)) {
        say(verdict, "largest resident set: %llu MiB",
            (unsigned long long)facts->peak_rss_bytes / BYTES_PER_MIB);
    }
}

static bool was_silent(const struct termination_facts *facts)
{
    return known(facts->silent_ms) && facts->period_ms > 0 &&
           facts->silent_ms > (uint64_t)facts->period_ms * SILENT_PERIODS;
}

/* SIGKILL where the kernel's log cannot be had: by the circumstances. */
static void judge_unlogged_kill(const struct termination_facts *facts,
                                struct termination_verdict *verdict)
{
    bool together = known(facts->recent_kills) && facts->recent_kills > 0 &&
                    known(facts->silent_ms) &&
                    facts->silent_ms <= TERMINATION_NEAR_MS;
    bool compared = known(facts->rss_bytes) &&
                    (known(facts->used_bytes) || known(facts->limit_bytes));

    if (!is_likely_victim(facts) && !compared) {
        decide(verdict, INQUEST__V1__TERMINATION_CAUSE__UNKNOWN,
               INQUEST__V1__GRADE__C);
        return;
    }
    if (!is_likely_victim(facts)) {
        say(verdict, "it was not the one that used the memory; the kernel log, "
                     "which would tell, could not be read");
        decide(verdict, INQUEST__V1__TERMINATION_CAUSE__KILLED,
               INQUEST__V1__GRADE__C);
        return;
    }
    say(verdict, together && !facts->traced
                     ? "it used most of the memory, and died as the kernel "
                       "killed; the kernel log could not be read"
                     : "it used most of the memory; the kernel log, which "
                       "would tell, could not be read");
    decide(verdict, INQUEST__V1__TERMINATION_CAUSE__OOM_KILL,
           together && !facts->traced ? INQUEST__V1__GRADE__B
                                      : INQUEST__V1__GRADE__C);
}

static void judge_kill(const struct termination_facts *facts,
                       struct termination_verdict *verdict)
{
    say_counters(verdict, facts);
    if (!counters_known(facts) && !facts->kernel_log_read) {
        decide(verdict, INQUEST__V1__TERMINATION_CAUSE__KILLED,
               INQUEST__V1__GRADE__C);
    } else if (facts->kernel_log_read) {
        if (was_counted(facts))
            say(verdict, "the kernel log names others, not this process");
        decide(verdict, INQUEST__V1__TERMINATION_CAUSE__KILLED,
               INQUEST__V1__GRADE__B);
    } else if (!was_counted(facts)) {
        decide(verdict, INQUEST__V1__TERMINATION_CAUSE__KILLED,
               INQUEST__V1__GRADE__B);
    } else if (known(facts->group_kills) && facts->group_kills > 0) {
        say(verdict, "the kernel killed its whole cgroup (memory.oom.group)");
        decide(verdict, INQUEST__V1__TERMINATION_CAUSE__OOM_KILL,
               INQUEST__V1__GRADE__B);
    } else {
        judge_unlogged_kill(facts, verdict);
    }
    say_memory(verdict, facts);
}

/* Nobody saw the end. */
static void judge_unseen(const struct termination_facts *facts,
                         struct termination_verdict *verdict)
{
    if (facts->restarted) {
        say(verdict, "the machine was started again since");
        decide(verdict, INQUEST__V1__TERMINATION_CAUSE__RESTARTED,
               INQUEST__V1__GRADE__C);
        return;
    }
    if (facts->supervisor == SUPERVISOR_ALIVE || facts->kernel_log_read) {
        /* the log would have told of an OOM kill */
    } else if (was_counted(facts) && was_short(facts)) {
        say_counters(verdict, facts);
        decide(verdict, INQUEST__V1__TERMINATION_CAUSE__OOM_KILL,
               INQUEST__V1__GRADE__C);
    }
    if (facts->supervisor == SUPERVISOR_DIED) {
        say(verdict, "its supervisor ended with it, without a word");
        if (!verdict->report) {
            decide(verdict, INQUEST__V1__TERMINATION_CAUSE__UNKNOWN,
                   INQUEST__V1__GRADE__C);
        }
    }
    if (facts->crashing && !verdict->report) {
        decide(verdict, INQUEST__V1__TERMINATION_CAUSE__UNKNOWN,
               INQUEST__V1__GRADE__C);
    }
    if (verdict->report)
        say_memory(verdict, facts);
}

/* Why its last sample is old. */
static void say_silence(struct termination_verdict *verdict,
                        const struct termination_facts *facts)
{
    const char *why = NULL;

    if (was_silent(facts)) {
        why = "it was stopped or frozen";
    } else if (facts->sampler_ended && known(facts->silent_ms) &&
               facts->silent_ms >= MS_PER_S) {
        why = "the sampler had to end before";
    }
    if (why) {
        say(verdict, "its last sample is %llu s older than its end: %s",
            (unsigned long long)facts->silent_ms / MS_PER_S, why);
    }
}

void termination_judge(const struct termination_facts *facts,
                       struct termination_verdict *ret_verdict)
{
    *ret_verdict = (struct termination_verdict){0};
    if (facts->signal_number > 0) {
        say(ret_verdict, "the supervisor saw it end by %s",
            cause_signal_name(facts->signal_number));
    }
    if (facts->kernel_log)
        say(ret_verdict, "kernel log: %.300s", facts->kernel_log);
    if (facts->signal_number > 0 && facts->signal_number != SIGKILL) {
        decide(ret_verdict, INQUEST__V1__TERMINATION_CAUSE__KILLED,
               facts->kernel_log ? INQUEST__V1__GRADE__A
                                 : INQUEST__V1__GRADE__B);
    } else if (facts->kernel_log) {
        decide(ret_verdict, INQUEST__V1__TERMINATION_CAUSE__OOM_KILL,
               INQUEST__V1__GRADE__A);
        say_memory(ret_verdict, facts);
    } else if (facts->signal_number == SIGKILL) {
        judge_kill(facts, ret_verdict);
    } else {
        judge_unseen(facts, ret_verdict);
    }
    if (!ret_verdict->report)
        return;
    if (facts->no_box) {
        say(ret_verdict, "nothing of ours was in it: it ended while it was "
                         "loaded, or it cannot be watched");
    }
    if (facts->crashing) {
        say(ret_verdict,
            "it was crashing: our handler had begun, and was ended "
            "before its record was whole");
    }
    if (facts->traced)
        say(ret_verdict, "a debugger was attached");
    say_silence(ret_verdict, facts);
}
