/* Two locks that know their process. Context: any. */
#include "handler/box_lock.h"

#include <linux/futex.h>
#include <stdint.h>
#include <time.h>

#include "proto/base/sys.h"

#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL

/* The pid that writes or reports, 0 nobody. */
static uint32_t writing;
static uint32_t reporting; /* a futex */

/* NOLINTNEXTLINE(readability-non-const-parameter): the pid is stored in it */
static bool take(uint32_t *lock, uint32_t self)
{
    uint32_t current = __atomic_load_n(lock, __ATOMIC_RELAXED);

    return current != self &&
           __atomic_compare_exchange_n(lock, &current, self, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void box_lock(void)
{
    uint32_t self = (uint32_t)sys_getpid();

    while (!take(&writing, self))
        (void)sys_call0(SYS_sched_yield);
}

void box_unlock(void)
{
    __atomic_store_n(&writing, 0, __ATOMIC_RELEASE);
}

bool box_report_lock(void)
{
    uint32_t self = (uint32_t)sys_getpid();
    int64_t until_ns =
        sys_clock_ns(CLOCK_MONOTONIC) + BOX_REPORT_WAIT_MS * NS_PER_MS;
    const struct timespec until = {until_ns / NS_PER_S, until_ns % NS_PER_S};

    while (!take(&reporting, self)) {
        if (sys_clock_ns(CLOCK_MONOTONIC) >= until_ns)
            return false;
        (void)sys_call6(SYS_futex, (long)&reporting,
                        FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, self,
                        (long)&until, 0, (long)FUTEX_BITSET_MATCH_ANY);
    }
    return true;
}

void box_report_unlock(void)
{
    __atomic_store_n(&reporting, 0, __ATOMIC_RELEASE);
    (void)sys_call3(SYS_futex, (long)&reporting,
                    FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}
