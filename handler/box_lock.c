/* A spin lock that knows its process. Context: any. */
#include "handler/box_lock.h"

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/sys.h"

static uint32_t writing; /* the pid that writes, 0 nobody */

void box_lock(void)
{
    uint32_t self = (uint32_t)sys_getpid();
    uint32_t current = __atomic_load_n(&writing, __ATOMIC_RELAXED);

    while (current == self ||
           !__atomic_compare_exchange_n(&writing, &current, self, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        (void)sys_call0(SYS_sched_yield);
        current = __atomic_load_n(&writing, __ATOMIC_RELAXED);
    }
}

void box_unlock(void)
{
    __atomic_store_n(&writing, 0, __ATOMIC_RELEASE);
}
