/*
 * dup2 and dup3. A number that another thread is just being given is none that
 * they can have: EBUSY, "during a race condition with open(2)" (dup2(2)). That
 * thread may be ours, which a program that is alone does not expect; so they
 * are called again until it has its number, and lost it. Context: guest.
 */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "handler/guest.h"
#include "handler/interpose/real.h"
#include "proto/base/compiler.h"
#include "proto/base/sys.h"

#define WAIT_NS 100000000 /* a disk may stand still */

/* Whether to call again, and not before another thread ran. */
static bool is_ours_to_wait(int64_t *until)
{
    if (errno != EBUSY || !guest_interposes(INTERPOSE_PLACE) ||
        guest.sandboxed || guest.sampler_tid == 0)
        return false;
    int64_t now = sys_clock_ns(CLOCK_MONOTONIC);
    if (*until == 0)
        *until = now + WAIT_NS;
    if (now > *until)
        return false;
    (void)sys_call0(SYS_sched_yield);
    return true;
}

EXPORT int dup2(int from, int to)
{
    int saved_errno = errno;
    int64_t until = 0;

    for (;;) {
        int r = real()->dup2(from, to);
        if (r < 0 && is_ours_to_wait(&until))
            continue;
        if (r >= 0)
            errno = saved_errno;
        return r;
    }
}

EXPORT int dup3(int from, int to, int flags)
{
    int saved_errno = errno;
    int64_t until = 0;

    for (;;) {
        int r = real()->dup3(from, to, flags);
        if (r < 0 && is_ours_to_wait(&until))
            continue;
        if (r >= 0)
            errno = saved_errno;
        return r;
    }
}
