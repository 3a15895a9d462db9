/*
 * The sampler thread. It waits on a futex, so that it can be stopped without
 * a signal, and without a descriptor that the program could close; it never
 * allocates. Context: guest.
 */
#include "handler/sampler/sampler.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "handler/consent_follow.h"
#include "handler/guest.h"
#include "handler/interpose/real.h"
#include "handler/one_cpu.h"
#include "handler/sampler/alarm_watch.h"
#include "handler/sampler/kept_root.h"
#include "handler/sampler/last_thread.h"
#include "handler/sampler/memory_rollup.h"
#include "handler/sampler/memory_stats.h"
#include "handler/sampler/sample_clock.h"
#include "handler/sampler/sample_rate.h"
#include "handler/sampler/sample_rings.h"
#include "handler/sampler/single_threaded.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"
#include "proto/data_class.h"

#define FIRST_MS            10 /* most programs of a script are gone by then */
#define SLOW_MS             10000u
#define NS_PER_MS           1000000
#define MOMENT_MS_MAX       10 /* three clocks read one after the other */
#define MOMENT_TRIES        5
#define LATE_PERIODS        3    /* by then we were stopped ourselves … */
#define LATE_MS_MIN         1000 /* … not just waiting for a processor */
#define SAMPLER_STACK_BYTES (112u << 10) /* beside what libc puts there */
#define LIBC_STACK_BYTES    (16u << 10)  /* where libc does not say */
#define PAGE_BYTES          4096ul
#define GONE_YIELDS         100 /* mostly it takes a few microseconds … */
#define GONE_PAUSE_NS       100000
#define GONE_TRIES          1100 /* … and at most 100 ms and more */

static pthread_t thread;
static bool running;
static bool has_run; /* the thread that runs: it was let run once */
static struct kept_identity made_as;
static struct one_cpu first_place; /* of a fork child's, until its first tick */
static struct timespec begun; /* by CLOCK_MONOTONIC: the start, not when the
                                 thread was first let run */

/* Where the thread stands with one box; a forked child finds its parent's. */
static FAR_BEHIND struct progress {
    const struct box *box;
    int pid;
    struct memory_stats stats;
    struct sample_rings rings;
    struct sample_rate rate;
    struct alarm_watch alarm;
    uint64_t slow_next_ms;
    struct sample_clock clock;
    bool clock_begun;
    bool late; /* the last wait took far too long */
} progress;

/* False when we were not let run between the three of them: then they tell
 * nothing of each other. */
static bool read_moment(struct sample_moment *ret_now)
{
    for (int i = 0; i < MOMENT_TRIES; i++) {
        int64_t begin_ms = sys_clock_ns(CLOCK_MONOTONIC) / NS_PER_MS;
        ret_now->boot_ms = sys_clock_ns(CLOCK_BOOTTIME) / NS_PER_MS;
        ret_now->real_ms = sys_clock_ns(CLOCK_REALTIME) / NS_PER_MS;
        ret_now->monotonic_ms = sys_clock_ns(CLOCK_MONOTONIC) / NS_PER_MS;
        if (ret_now->monotonic_ms - begin_ms <= MOMENT_MS_MAX)
            return true;
    }
    return false;
}

static void begin(struct box *box)
{
    progress.box = box;
    progress.pid = sys_getpid();
    progress.rings = (struct sample_rings){0};
    progress.rate = (struct sample_rate){0};
    progress.alarm = (struct alarm_watch){0};
    progress.slow_next_ms = 0;
    progress.clock_begun = false;
    memory_stats_open(&progress.stats, "", box->identity.cgroup);
}

/* A denial counts at once, a grant from the next start on. */
static void heed_consent(struct box *box)
{
    consent_follow(&guest.file);
    usage_stats_grant(
        &progress.stats.usage, "",
        (box->identity.recording_classes & CLASS_BIT(CLASS_OPTIONAL)) &&
            !consent_denied(box));
}

/* Whether the machine slept or its clock was set since the sample before. */
static void watch_clocks(struct box_sample *sample)
{
    struct sample_moment now;

    if (progress.late)
        sample->flags |= BOX_SAMPLE_RESUMED;
    if (!read_moment(&now))
        return;
    if (progress.clock_begun) {
        sample->flags |=
            sample_clock_next(&progress.clock, &now, &progress.stats.known);
    } else {
        sample_clock_begin(&progress.clock, &now);
        progress.clock_begun = true;
    }
}

/* The record beside the samples: a reader sees the old or the new one, or for
 * a moment none. */
static void publish(struct box *box, uint32_t period_ms)
{
    struct box_sampler *known = &progress.stats.known;
    static uint32_t sequence;

    known->clock_boot_ns = (uint64_t)sys_clock_ns(CLOCK_BOOTTIME);
    known->clock_unix_ms = sys_unix_ms();
    known->clock_monotonic_ns = (uint64_t)sys_clock_ns(CLOCK_MONOTONIC);
    known->period_ms = period_ms;
    box_unseal(&box->sampler);
    memcpy((char *)&box->sampler + sizeof(struct box_seal),
           (const char *)known + sizeof(struct box_seal),
           sizeof *known - sizeof(struct box_seal));
    sequence = sequence == UINT32_MAX ? 1 : sequence + 1;
    box_seal(&box->sampler, sizeof box->sampler, sequence);
}

/* The other threads seem to have ended, in a way that we did not see. */
static void end_if_alone(void)
{
    int status = 0;

    if (!last_thread_is_left(&progress.stats.process.stat, &status))
        return;
    if (WIFEXITED(status))
        guest_clean_exit();
    last_thread_end(status);
}

/* Takes one sample; returns the milliseconds until the next, 0 for never: the
 * program is not root any more, and shall find none in its own process. */
static uint32_t sample_box(struct box *box)
{
    struct box_sample sample;
    uint64_t elapsed_ms = ((uint64_t)sys_clock_ns(CLOCK_BOOTTIME) -
                           box->identity.ring_epoch_boot_ns) /
                          1000000u;
    bool slow = elapsed_ms >= progress.slow_next_ms;

    if (slow) {
        progress.slow_next_ms = elapsed_ms + SLOW_MS;
        heed_consent(box);
    }
    memory_stats_read(&progress.stats, slow, &sample);
    if (progress.stats.process.kept_root)
        return 0;
    if (progress.stats.cgroup_moves != box->control.cgroup_moves) {
        __atomic_store_n(&box->control.cgroup_moves,
                         progress.stats.cgroup_moves, __ATOMIC_RELEASE);
    }
    watch_clocks(&sample);
    alarm_watch_sample(&progress.alarm, box, &progress.stats,
                       sample_clock_awake_ms(elapsed_ms, &progress.stats.known),
                       &sample);
    uint32_t period_ms = sample_rate_next(&progress.rate, elapsed_ms, &sample,
                                          progress.stats.reclaimable_pages);
    sample_rings_add(&progress.rings, box, elapsed_ms, &sample);
    if (slow)
        memory_rollup(&progress.stats, sample.rss_pages, elapsed_ms);
    if (slow || period_ms != progress.stats.known.period_ms ||
        sample.flags != 0 || sample.cgroup_oom_kill_events != 0)
        publish(box, period_ms);
    alarm_watch_report(&progress.alarm);
    if (last_thread_seems_left(sample.threads))
        end_if_alone();
    return period_ms;
}

static uint32_t sample(void)
{
    struct box *box = guest_box();

    if (!box)
        return SAMPLE_NORMAL_MS;
    if (progress.box != box || progress.pid != sys_getpid())
        begin(box);
    return sample_box(box);
}

static void advance(struct timespec *time, uint32_t ms)
{
    time->tv_nsec += (long)ms * 1000000;
    time->tv_sec += time->tv_nsec / 1000000000;
    time->tv_nsec %= 1000000000;
}

/*
 * Waits until next has come ms further; false when the thread shall end. Who
 * comes far too late (a stopped or frozen process) does not catch up.
 */
static bool wait_further(struct timespec *next, uint32_t ms)
{
    advance(next, ms);
    for (;;) {
        if (__atomic_load_n(&guest.sampler_ends, __ATOMIC_ACQUIRE))
            return false;
        long r = sys_call6(SYS_futex, (long)&guest.sampler_ends,
                           FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0,
                           (long)next, 0, (long)FUTEX_BITSET_MATCH_ANY);
        if (r == -ETIMEDOUT)
            break;
    }
    int64_t now_ns = sys_clock_ns(CLOCK_MONOTONIC);
    int64_t late_ms =
        (now_ns - (next->tv_sec * 1000000000 + next->tv_nsec)) / 1000000;
    progress.late =
        late_ms > (int64_t)ms * LATE_PERIODS && late_ms > LATE_MS_MIN;
    if (late_ms > (int64_t)ms) {
        next->tv_sec = now_ns / 1000000000;
        next->tv_nsec = now_ns % 1000000000;
    }
    return true;
}

/* So that who reads the box does not take the silence for the program's. */
static void tell_end(void)
{
    struct box *box = guest.file.box;

    if (guest_box_is_ours() && progress.box == box &&
        progress.pid == sys_getpid() && box->sampler.seal.sequence != 0)
        publish(box, 0);
}

static void *run(void *unused)
{
    (void)unused;
    struct timespec next = begun;
    uint32_t period_ms = SAMPLE_NORMAL_MS;

    __atomic_store_n(&has_run, true, __ATOMIC_RELAXED);
    __atomic_store_n(&guest.sampler_tid, sys_gettid(), __ATOMIC_RELAXED);
    bool goes_on = wait_further(&next, FIRST_MS);
    one_cpu_release(&first_place);
    if (goes_on && guest_box_is_ours())
        period_ms = sample();
    while (period_ms != 0 && wait_further(&next, period_ms))
        period_ms = sample();
    if (__atomic_load_n(&guest.sampler_ends, __ATOMIC_ACQUIRE) !=
        GUEST_SAMPLER_LEAVES)
        tell_end();
    if (period_ms == 0)
        __atomic_store_n(&guest.sampler_tid, 0, __ATOMIC_RELAXED);
    /* libc's end of a thread takes locks, which a crash may have left taken. */
    while (__atomic_load_n(&guest.sampler_ends, __ATOMIC_ACQUIRE) ==
           GUEST_SAMPLER_LEAVES)
        (void)sys_call1(SYS_exit, 0);
    return NULL;
}

/*
 * Known before the thread runs, so that a crash right after the start knows it,
 * too: the clock of a thread is named by its number (posix-timers.h of the
 * kernel: ~tid << 3, 4 for a thread, 2 for its running time). 0: not so here.
 */
static int tid_of(pthread_t created)
{
    clockid_t clock;

    if (pthread_getcpuclockid(created, &clock) != 0 || (clock & 7) != 6)
        return 0;
    return ~(clock >> 3);
}

/* A thread's static TLS lies on its stack, and a program may have megabytes of
 * it. libc alone knows; Rust and OpenJDK ask it the same way. */
static size_t stack_bytes(const pthread_attr_t *attributes)
{
    size_t taken = real()->pthread_get_minstack
                       ? real()->pthread_get_minstack(attributes)
                       : LIBC_STACK_BYTES;

    return (SAMPLER_STACK_BYTES + taken + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* Not where nobody ends our thread before the program changes its identity. */
static bool can_be_unknown(void)
{
    return guest_interposes(INTERPOSE_IDENTITY) &&
           single_threaded_can_be_told();
}

bool sampler_is_unknown(void)
{
    return guest.sampler_pid == 0 || can_be_unknown();
}

/* Signals are blocked here: of the program only its malloc runs between. */
static void create(const pthread_attr_t *attributes)
{
    bool was_single = can_be_unknown() && single_threaded();

    made_as = kept_identity_now();
    running = real()->pthread_create(&thread, attributes, run, NULL) == 0;
    if (was_single)
        single_threaded_again();
}

static void start(bool forked)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    char name[16] = "";

    if (running || guest.config.disabled || !guest.config.sampler ||
        guest.config.sampler_waits)
        return;
    if (pthread_attr_init(&attributes) != 0)
        return;
    last_thread_prepare();
    (void)pthread_attr_setstacksize(&attributes, stack_bytes(&attributes));
    guest.sampler_ends = GUEST_SAMPLER_STAYS;
    /* libc's own: it leaves its internal signals alone (setuid needs them) */
    (void)sigfillset(&all);
    (void)real()->pthread_sigmask(SIG_SETMASK, &all, &before);
    /* A thread inherits its name: the dumper knows ours from the start. */
    (void)sys_call2(SYS_prctl, PR_GET_NAME, (long)name);
    (void)sys_call2(SYS_prctl, PR_SET_NAME, (long)"inquest");
    guest.sampler_pid = sys_getpid();
    __atomic_store_n(&has_run, false, __ATOMIC_RELAXED);
    (void)sys_call2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&begun);
    first_place.held = false;
    if (forked)
        one_cpu_hold(&first_place);
    create(&attributes);
    one_cpu_release(&first_place);
    int tid = running ? tid_of(thread) : 0;
    if (tid > 0) /* else it says so itself */
        __atomic_store_n(&guest.sampler_tid, tid, __ATOMIC_RELAXED);
    (void)sys_call2(SYS_prctl, PR_SET_NAME, (long)name);
    (void)real()->pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
}

void sampler_start(void)
{
    start(false);
}

void sampler_start_forked(void)
{
    start(true);
}

void sampler_wanted(void)
{
    if (__atomic_load_n(&guest.config.sampler_waits, __ATOMIC_RELAXED) &&
        __atomic_exchange_n(&guest.config.sampler_waits, false,
                            __ATOMIC_ACQ_REL) &&
        !guest.sandboxed)
        sampler_start(); /* a filter might kill at clone */
}

/*
 * A join ends when the kernel lets go of the thread's memory, and that is a
 * little before it is none of the process any more (kernel/exit.c): 1 of 600
 * times unshare still found it. In vain after GONE_TRIES: then it does.
 */
static void await_gone(int tid)
{
    const struct timespec pause = {0, GONE_PAUSE_NS};

    for (int i = 0; tid > 0 && i < GONE_TRIES; i++) {
        if (sys_call3(SYS_tgkill, sys_getpid(), tid, 0) < 0)
            return;
        if (i < GONE_YIELDS) {
            (void)sys_call0(SYS_sched_yield);
        } else {
            (void)sys_call2(SYS_nanosleep, (long)&pause, 0);
        }
    }
}

bool sampler_stop(void)
{
    int cancel_state = PTHREAD_CANCEL_ENABLE;

    if (guest.sampler_pid != sys_getpid() ||
        !__atomic_exchange_n(&running, false, __ATOMIC_ACQ_REL))
        return false;
    __atomic_store_n(&guest.sampler_ends, GUEST_SAMPLER_STOPS,
                     __ATOMIC_RELEASE);
    (void)sys_call3(SYS_futex, (long)&guest.sampler_ends,
                    FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
    /* Else a point of cancellation, where setuid and the like are none. */
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    int tid = __atomic_load_n(&guest.sampler_tid, __ATOMIC_RELAXED);
    (void)pthread_join(thread, NULL);
    (void)pthread_setcancelstate(cancel_state, NULL);
    await_gone(tid);
    guest.sampler_tid = 0;
    return true;
}

void sampler_resume(bool stopped)
{
    int saved_errno = errno;

    if (stopped && !guest.sandboxed)
        sampler_start();
    errno = saved_errno;
}

void sampler_has_company(void)
{
    if (single_threaded_over() && !guest.sandboxed && can_be_unknown() &&
        guest.sampler_pid == sys_getpid() &&
        __atomic_load_n(&running, __ATOMIC_RELAXED) &&
        !kept_identity_is_now(&made_as))
        sampler_resume(sampler_stop());
}

void sampler_is_known(void)
{
    if (guest.sampler_pid == sys_getpid() &&
        __atomic_load_n(&running, __ATOMIC_RELAXED))
        single_threaded_end();
}

bool sampler_has_not_run(void)
{
    return __atomic_load_n(&running, __ATOMIC_RELAXED) &&
           !__atomic_load_n(&has_run, __ATOMIC_RELAXED);
}

void sampler_close_directories(void)
{
    if (progress.box && progress.pid == sys_getpid())
        process_stats_close_directories(&progress.stats.process);
}

void sampler_forget(void)
{
    running = false;
    guest.sampler_tid = 0;
}
