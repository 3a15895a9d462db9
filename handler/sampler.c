/*
 * The sampler thread. It waits on a futex, so that it can be stopped without
 * a signal; it never allocates. Context: guest.
 */
#include "handler/sampler.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <time.h>

#include "handler/guest.h"
#include "handler/memory_stats.h"
#include "handler/real.h"
#include "proto/base/sys.h"

#define PERIOD_MS           1000
#define FIRST_MS            10 /* most programs of a script are gone by then */
#define TICKS_PER_TEN       10
#define TICKS_PER_TWO_MIN   120
#define MINUTES_UNIT        10           /* box_sample.time_ms in minutes[] */
#define SAMPLER_STACK_BYTES (128u << 10) /* holds static TLS too */

static pthread_t thread;
static bool running;
static uint32_t stopping; /* futex */

/* Where the thread stands with one box. */
struct progress {
    const struct box *box;
    uint32_t ticks;
    struct memory_stats stats;
};

static uint64_t boot_ns(void)
{
    struct timespec now = {0};

    (void)sys_call2(SYS_clock_gettime, CLOCK_BOOTTIME, (long)&now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void tick(struct progress *progress, struct box *box)
{
    struct box_sample sample;
    uint64_t elapsed_ms =
        (boot_ns() - box->identity.ring_epoch_boot_ns) / 1000000u;
    uint32_t n = progress->ticks++;

    memory_stats_read(&progress->stats, n % TICKS_PER_TEN == 0, &sample);
    sample.time_ms = (uint32_t)elapsed_ms;
    box_ring_append(box->seconds, BOX_SECONDS_COUNT, n + 1, &sample);
    if (n % TICKS_PER_TEN == 0) {
        box_ring_append(box->tens, BOX_TENS_COUNT, n / TICKS_PER_TEN + 1,
                        &sample);
    }
    sample.time_ms = (uint32_t)(elapsed_ms / MINUTES_UNIT);
    if (n % TICKS_PER_TWO_MIN == 0) {
        box_ring_append(box->minutes, BOX_MINUTES_COUNT,
                        n / TICKS_PER_TWO_MIN + 1, &sample);
    }
}

/* Waits until next has come ms further; false when the thread shall end. */
static bool wait_further(struct timespec *next, long ms)
{
    next->tv_nsec += ms * 1000000;
    next->tv_sec += next->tv_nsec / 1000000000;
    next->tv_nsec %= 1000000000;
    for (;;) {
        if (__atomic_load_n(&stopping, __ATOMIC_ACQUIRE))
            return false;
        long r = sys_call6(SYS_futex, (long)&stopping,
                           FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0,
                           (long)next, 0, (long)FUTEX_BITSET_MATCH_ANY);
        if (r == -ETIMEDOUT)
            return true;
    }
}

static void sample(struct progress *progress)
{
    struct box *box = guest_box();

    if (!box)
        return;
    if (progress->box != box) {
        memory_stats_close(&progress->stats);
        memory_stats_open(&progress->stats, box->identity.cgroup);
        progress->box = box;
        progress->ticks = 0;
    }
    tick(progress, box);
}

static void *run(void *unused)
{
    (void)unused;
    struct progress progress = {.stats = {-1, -1, -1, -1, -1, -1, 0, 0}};
    struct timespec next = {0};

    (void)sys_call2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&next);
    if (wait_further(&next, FIRST_MS) && guest_box_is_ours())
        sample(&progress);
    while (wait_further(&next, PERIOD_MS))
        sample(&progress);
    memory_stats_close(&progress.stats);
    return NULL;
}

void sampler_start(void)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    char name[16] = "";

    if (running || guest.config.disabled || !guest.config.sampler)
        return;
    if (pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setstacksize(&attributes, SAMPLER_STACK_BYTES);
    stopping = 0;
    /* libc's own: it leaves its internal signals alone (setuid needs them) */
    (void)sigfillset(&all);
    (void)real()->pthread_sigmask(SIG_SETMASK, &all, &before);
    /* A thread inherits its name: the dumper knows ours from the start. */
    (void)sys_call2(SYS_prctl, PR_GET_NAME, (long)name);
    (void)sys_call2(SYS_prctl, PR_SET_NAME, (long)"inquest");
    running = real()->pthread_create(&thread, &attributes, run, NULL) == 0;
    (void)sys_call2(SYS_prctl, PR_SET_NAME, (long)name);
    (void)real()->pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
}

void sampler_stop(void)
{
    if (!running)
        return;
    __atomic_store_n(&stopping, 1, __ATOMIC_RELEASE);
    (void)sys_call3(SYS_futex, (long)&stopping, FUTEX_WAKE | FUTEX_PRIVATE_FLAG,
                    1);
    (void)pthread_join(thread, NULL);
    running = false;
}

void sampler_forget(void)
{
    running = false;
}
