/*
 * sigsuspend and the other waits that bring a signal mask of their own: for
 * their duration that mask is what the thread believes, and the faults stay
 * unblocked in the kernel, for a handler that runs meanwhile may crash. One
 * difference is left: a fault signal that somebody sends, and that the mask
 * keeps back, interrupts the wait (EINTR) before it is kept back. Context:
 * guest.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "handler/crash/crash_handling.h"
#include "handler/crash/host_mask.h"
#include "handler/guest.h"
#include "handler/interpose/real.h"
#include "handler/own_memory.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"

struct wait {
    sigset_t mask; /* without the faults; the kernel's part of it */
    const sigset_t *for_kernel;
    struct host_belief before;
};

/* mask: the program's, NULL for none. A bad pointer is the kernel's to refuse.
 */
static void begin(struct wait *wait, const sigset_t *mask)
{
    wait->for_kernel = mask;
    wait->before = host_mask_belief();
    if (!mask || !guest_interposes(INTERPOSE_MASK) ||
        !own_memory_is_readable(mask, SYS_SIGSET_BYTES))
        return;
    uint64_t bits = host_mask_bits(mask);
    uint64_t faults = bits & host_mask_open();
    host_mask_from_bits(&wait->mask, bits & ~faults);
    wait->for_kernel = &wait->mask;
    /* Who is interrupted in the wait had the mask from before it, and a handler
     * that runs meanwhile that of the wait. */
    uint64_t beside = host_mask_believed() ? wait->before.beside & bits : 0;
    host_mask_set_belief((struct host_belief){faults, beside});
    crash_handling_unblocked(host_mask_open() & ~faults);
}

static void end(const struct wait *wait)
{
    host_mask_set_belief(wait->before);
}

EXPORT int sigsuspend(const sigset_t *mask)
{
    struct wait wait;

    begin(&wait, mask);
    int r = real()->sigsuspend(wait.for_kernel);
    end(&wait);
    return r;
}

/* sigpause of X/Open, under the name that its header gives it. */
EXPORT int __xpg_sigpause(int signal_number);

EXPORT int __xpg_sigpause(int signal_number)
{
    sigset_t mask;

    if (sigprocmask(SIG_BLOCK, NULL, &mask) < 0 ||
        sigdelset(&mask, signal_number) < 0)
        return -1;
    return sigsuspend(&mask);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t count,
                 const struct timespec *timeout, const sigset_t *mask)
{
    struct wait wait;

    begin(&wait, mask);
    int r = real()->ppoll(fds, count, timeout, wait.for_kernel);
    end(&wait);
    return r;
}

/* ppoll of a program built with _FORTIFY_SOURCE. */
EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count,
                       const struct timespec *timeout, const sigset_t *mask,
                       size_t fds_bytes);

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count,
                       const struct timespec *timeout, const sigset_t *mask,
                       size_t fds_bytes)
{
    struct wait wait;

    begin(&wait, mask);
    int r = real()->ppoll_chk(fds, count, timeout, wait.for_kernel, fds_bytes);
    end(&wait);
    return r;
}

/* NOLINTNEXTLINE(readability-function-size): the C library's parameters */
EXPORT int pselect(int count, fd_set *readable, fd_set *writable,
                   fd_set *exceptional, const struct timespec *timeout,
                   const sigset_t *mask)
{
    struct wait wait;

    begin(&wait, mask);
    int r = real()->pselect(count, readable, writable, exceptional, timeout,
                            wait.for_kernel);
    end(&wait);
    return r;
}

EXPORT int epoll_pwait(int fd, struct epoll_event *events, int count,
                       int timeout, const sigset_t *mask)
{
    struct wait wait;

    begin(&wait, mask);
    int r = real()->epoll_pwait(fd, events, count, timeout, wait.for_kernel);
    end(&wait);
    return r;
}

EXPORT int epoll_pwait2(int fd, struct epoll_event *events, int count,
                        const struct timespec *timeout, const sigset_t *mask)
{
    struct wait wait;

    if (!real()->epoll_pwait2) { /* glibc before 2.35, a weak reference */
        errno = ENOSYS;
        return -1;
    }
    begin(&wait, mask);
    int r = real()->epoll_pwait2(fd, events, count, timeout, wait.for_kernel);
    end(&wait);
    return r;
}
