/*
 * Two slots a signal and an index: a writer fills the idle slot, then turns
 * the index, so that a reader in a signal handler sees the one or the other
 * whole. Writers are rare and take turns by a spin lock, which no signal
 * handler interrupts: sigaction may be called in one. Context: any.
 */
#include "handler/crash/host_action.h"

#include <stdint.h>
#include <string.h>

#include "proto/base/compiler.h"
#include "proto/base/sys.h"

struct entry {
    struct sigaction slot[2];
    uint32_t index;
};

static FAR_BEHIND struct entry entries[_NSIG];
static uint32_t writing; /* the process whose thread writes; 0: nobody */

void host_action_get(int signal_number, struct sigaction *ret_action)
{
    const struct entry *entry = &entries[signal_number];
    uint32_t index = __atomic_load_n(&entry->index, __ATOMIC_ACQUIRE);

    *ret_action = entry->slot[index];
}

/* Of the mask the kernel knows 64 signals; libc leaves the rest as it was. */
static bool is_same(const struct sigaction *one, const struct sigaction *other)
{
    return one->sa_sigaction == other->sa_sigaction &&
           one->sa_flags == other->sa_flags &&
           one->sa_restorer == other->sa_restorer &&
           memcmp(&one->sa_mask, &other->sa_mask, SYS_SIGSET_BYTES) == 0;
}

/*
 * In a fork child it may be a thread's that is not here: a handler of
 * pthread_atfork, or of a signal, runs there before host_action_forked.
 */
static void lock(void)
{
    uint32_t self = (uint32_t)sys_getpid();
    uint32_t owner = 0;

    while (!__atomic_compare_exchange_n(&writing, &owner, self, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        if (owner == self) {
            (void)sys_call0(SYS_sched_yield);
            owner = 0;
        }
    }
}

void host_action_set(int signal_number, const struct sigaction *action)
{
    struct entry *entry = &entries[signal_number];
    uint32_t index = __atomic_load_n(&entry->index, __ATOMIC_ACQUIRE);
    const uint64_t all = ~0ull;
    uint64_t before = 0;

    /* At the start most are as they are here: no page for that. */
    if (is_same(&entry->slot[index], action))
        return;
    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before,
                    SYS_SIGSET_BYTES);
    lock();
    uint32_t idle = 1 - entry->index;
    entry->slot[idle] = *action;
    __atomic_store_n(&entry->index, idle, __ATOMIC_RELEASE);
    __atomic_store_n(&writing, 0, __ATOMIC_RELEASE);
    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0,
                    SYS_SIGSET_BYTES);
}

void host_action_forked(void)
{
    writing = 0; /* by a thread that is not here */
}

bool host_action_is_function(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}
