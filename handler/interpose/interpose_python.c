/*
 * Weak references to the interpreter: they are bound where the program or a
 * library it is linked with has one, and cost nothing to look at.
 * Context: guest.
 */
#include "handler/interpose/interpose_python.h"

#include <errno.h>
#include <stddef.h>

#include "handler/guest.h"
#include "handler/sampler/sampler.h"

#define VERSION_THAT_COUNTS 0x030c0000ul /* 3.12 */

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

/* On the interpreter's main thread, between two of its instructions. */
static int resume(void *unused)
{
    (void)unused;
    sampler_resume(true);
    return 0;
}

void interpose_python_forked(bool stopped)
{
    int saved_errno = errno;

    if (stopped && Py_AddPendingCall(resume, NULL) != 0)
        sampler_resume(true); /* its list is full */
    errno = saved_errno;
}
