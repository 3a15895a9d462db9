/* Believed masks. Context: any. */
#include "handler/crash/host_mask.h"

#include <string.h>

#include "proto/base/sys.h"

#define BIT(signal_number) (1ull << ((signal_number)-1))

/* Which nobody can block: signal(7), and libc's own two (nptl(7)). */
#define NEVER_BLOCKED (BIT(SIGKILL) | BIT(SIGSTOP) | BIT(32) | BIT(33))

#define FAULTS                                                               \
    (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGTRAP) | \
     BIT(SIGSYS))

static _Thread_local struct host_belief believed;
static uint64_t open_signals = FAULTS;

uint64_t host_mask_faults(void)
{
    return FAULTS;
}

uint64_t host_mask_open(void)
{
    return open_signals;
}

void host_mask_begin(bool abort_unblocks)
{
    if (!abort_unblocks)
        open_signals |= BIT(SIGABRT);
}

uint64_t host_mask_bits(const sigset_t *set)
{
    uint64_t bits;

    memcpy(&bits, set, sizeof bits);
    return bits;
}

void host_mask_from_bits(sigset_t *set, uint64_t bits)
{
    memcpy(set, &bits, sizeof bits);
}

uint64_t host_mask_believed_under(uint64_t kernel_mask)
{
    return believed.beside & ~kernel_mask ? 0 : believed.faults;
}

uint64_t host_mask_kernel(void)
{
    uint64_t mask = ~0ull;

    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, 0, (long)&mask,
                    SYS_SIGSET_BYTES);
    return mask;
}

uint64_t host_mask_believed(void)
{
    return believed.faults == 0 ? 0
                                : host_mask_believed_under(host_mask_kernel());
}

struct host_belief host_mask_belief(void)
{
    return believed;
}

void host_mask_set_belief(struct host_belief belief)
{
    belief.beside &= ~(NEVER_BLOCKED | host_mask_open());
    believed = belief;
}
