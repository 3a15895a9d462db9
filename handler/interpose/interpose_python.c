/*
 * Weak references to the interpreter: they are bound where the program or a
 * library it is linked with has one, and cost nothing to look at.
 * Context: guest.
 */
#include "handler/interpose/interpose_python.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "handler/guest.h"
#include "handler/sampler/sampler.h"
#include "proto/base/sys.h"

#define VERSION_THAT_COUNTS 0x030c0000ul /* 3.12 */
#define HOOK_BYTES          400          /* less than an interpreter's frame */
#define HOOKS_NS            10000000     /* at most, of all hooks */

/* NOLINTBEGIN: names and types are CPython's. */
extern const unsigned long Py_Version __attribute__((weak)); /* since 3.11 */
extern int Py_IsInitialized(void) __attribute__((weak));
extern int Py_AddPendingCall(int (*call)(void *), void *argument)
    __attribute__((weak));
/* NOLINTEND */

static bool counts_threads(void)
{
    return &Py_Version && Py_IsInitialized && Py_AddPendingCall &&
           Py_Version >= VERSION_THAT_COUNTS && Py_IsInitialized() != 0;
}

bool interpose_python_forks(void)
{
    return guest_interposes(INTERPOSE_FORK) && guest_owns_memory() &&
           counts_threads() && sampler_stop();
}

/* Where the stack was in the fork, and when that may be forgotten. */
static uintptr_t fork_stack;
static int64_t fork_until;

/*
 * Still behind the fork, in a hook of os.register_at_fork (logging has one):
 * from 3.13 on it is after them that threads are counted. A hook runs an
 * interpreter's frame deeper than the fork was; what comes afterwards runs
 * where that was called from, or is deep for reasons of its own.
 */
static bool is_in_hook(void)
{
    return (uintptr_t)__builtin_frame_address(0) + HOOK_BYTES < fork_stack &&
           sys_clock_ns(CLOCK_MONOTONIC) < fork_until;
}

/* On the interpreter's main thread, between two of its instructions. */
static int resume(void *unused)
{
    if (!is_in_hook() || Py_AddPendingCall(resume, unused) != 0)
        sampler_resume(true);
    return 0;
}

void interpose_python_forked(bool stopped)
{
    int saved_errno = errno;

    if (stopped) {
        fork_stack = (uintptr_t)__builtin_frame_address(0);
        fork_until = sys_clock_ns(CLOCK_MONOTONIC) + HOOKS_NS;
        if (Py_AddPendingCall(resume, NULL) != 0)
            sampler_resume(true); /* its list is full */
    }
    errno = saved_errno;
}
