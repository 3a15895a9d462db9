/*
 * sigaction and its family. For the crash signals the program
 * talks to host_action, the kernel keeps our handler; SIG_IGN reaches the
 * kernel, so that exec keeps it. For every other signal the call goes through,
 * but for the fault signals in sa_mask: a fault inside a handler must reach
 * us. Context: guest.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "handler/crash/crash_handler.h"
#include "handler/crash/held_back.h"
#include "handler/crash/host_action.h"
#include "handler/crash/host_mask.h"
#include "handler/crash/install.h"
#include "handler/guest.h"
#include "handler/interpose/real.h"
#include "proto/base/compiler.h"

/* Of siginterrupt, for later calls of signal; of the others libc knows. */
static uint64_t interrupting;

static bool is_watched(int signal_number)
{
    return guest_interposes(INTERPOSE_ACTION) &&
           crash_signal_is_ours(signal_number) &&
           !(signal_number == SIGSYS && guest.sigsys_left);
}

static int set_other(int signal_number, const struct sigaction *action,
                     struct sigaction *ret_before)
{
    struct sigaction changed;
    uint64_t faults = 0;

    bool valid = signal_number > 0 && signal_number < _NSIG;
    uint64_t before = valid ? held_back_get(signal_number) : 0;
    if (action && valid && guest_interposes(INTERPOSE_ACTION)) {
        changed = *action;
        faults = host_mask_bits(&changed.sa_mask) & host_mask_faults();
        host_mask_from_bits(&changed.sa_mask,
                            host_mask_bits(&changed.sa_mask) & ~faults);
        action = &changed;
    }
    int r = real()->sigaction(signal_number, action, ret_before);
    if (r < 0)
        return r;
    if (ret_before && before) {
        host_mask_from_bits(&ret_before->sa_mask,
                            host_mask_bits(&ret_before->sa_mask) | before);
    }
    if (action && valid && guest_owns_memory())
        held_back_set(signal_number, faults);
    return r;
}

/*
 * What a vfork child says goes to the kernel, which keeps its handlers apart
 * from its parent's; what is stored here would be its parent's. (Ruby's sets
 * all handlers to SIG_DFL before it execs.)
 */
static int set_apart(int signal_number, const struct sigaction *action,
                     struct sigaction *ret_before)
{
    struct sigaction before;

    int r = real()->sigaction(signal_number, action, &before);
    if (r < 0 || !ret_before)
        return r;
    *ret_before = before;
    if (before.sa_sigaction == crash_handler)
        host_action_get(signal_number, ret_before);
    return 0;
}

EXPORT int sigaction(int signal_number, const struct sigaction *action,
                     struct sigaction *ret_before)
{
    struct sigaction before;

    if (!is_watched(signal_number))
        return set_other(signal_number, action, ret_before);
    if (!guest_owns_memory())
        return set_apart(signal_number, action, ret_before);
    host_action_get(signal_number, &before);
    if (action) {
        struct sigaction wish = *action;
        host_action_set(signal_number, &wish);
        install_one(signal_number);
    }
    if (ret_before)
        *ret_before = before;
    return 0;
}

EXPORT int __sigaction(int signal_number, const struct sigaction *action,
                       struct sigaction *ret_before);
EXPORT int __sigaction(int signal_number, const struct sigaction *action,
                       struct sigaction *ret_before)
{
    return sigaction(signal_number, action, ret_before);
}

static real_handler set_handler(int signal_number, real_handler handler,
                                int flags)
{
    struct sigaction before;
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    if (handler == SIG_ERR) {
        errno = EINVAL;
        return SIG_ERR;
    }
    (void)sigemptyset(&action.sa_mask);
    if (!(flags & SA_NODEFER))
        (void)sigaddset(&action.sa_mask, signal_number);
    if (sigaction(signal_number, &action, &before) < 0)
        return SIG_ERR;
    return before.sa_handler;
}

static bool is_interrupting(int signal_number)
{
    return __atomic_load_n(&interrupting, __ATOMIC_RELAXED) >>
               (signal_number - 1) &
           1;
}

EXPORT real_handler signal(int signal_number, real_handler handler)
{
    if (!is_watched(signal_number))
        return real()->signal(signal_number, handler);
    return set_handler(signal_number, handler,
                       is_interrupting(signal_number) ? 0 : SA_RESTART);
}

EXPORT real_handler bsd_signal(int signal_number, real_handler handler);
EXPORT real_handler bsd_signal(int signal_number, real_handler handler)
{
    return signal(signal_number, handler);
}

EXPORT real_handler ssignal(int signal_number, real_handler handler)
{
    return signal(signal_number, handler);
}

EXPORT real_handler sysv_signal(int signal_number, real_handler handler)
{
    return set_handler(signal_number, handler,
                       (int)(SA_RESETHAND | SA_NODEFER));
}

EXPORT real_handler __sysv_signal(int signal_number, real_handler handler)
{
    return sysv_signal(signal_number, handler);
}

EXPORT int sigignore(int signal_number)
{
    return set_handler(signal_number, SIG_IGN, 0) == SIG_ERR ? -1 : 0;
}

/* X/Open sigset: SIG_HOLD blocks, anything else sets and unblocks. */
EXPORT real_handler sigset(int signal_number, real_handler disposition)
{
    sigset_t one;
    sigset_t mask;
    struct sigaction before;
    bool hold = disposition == SIG_HOLD;

    (void)sigemptyset(&one);
    if (sigaddset(&one, signal_number) < 0)
        return SIG_ERR;
    if (pthread_sigmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &one, &mask) != 0)
        return SIG_ERR;
    if (hold && sigaction(signal_number, NULL, &before) < 0)
        return SIG_ERR;
    if (!hold) {
        before.sa_handler = set_handler(signal_number, disposition, 0);
        if (before.sa_handler == SIG_ERR)
            return SIG_ERR;
    }
    return sigismember(&mask, signal_number) ? SIG_HOLD : before.sa_handler;
}

EXPORT int siginterrupt(int signal_number, int interrupt)
{
    struct sigaction action;

    if (!is_watched(signal_number))
        return real()->siginterrupt(signal_number, interrupt);
    uint64_t bit = 1ull << (signal_number - 1);
    if (sigaction(signal_number, NULL, &action) < 0)
        return -1;
    if (interrupt) {
        (void)__atomic_or_fetch(&interrupting, bit, __ATOMIC_RELAXED);
        action.sa_flags &= ~SA_RESTART;
    } else {
        (void)__atomic_and_fetch(&interrupting, ~bit, __ATOMIC_RELAXED);
        action.sa_flags |= SA_RESTART;
    }
    return sigaction(signal_number, &action, NULL);
}
