/* sigaltstack: no thread goes without. Context: guest. */
#include <errno.h>
#include <signal.h>

#include "handler/crash/altstack.h"
#include "handler/guest.h"
#include "handler/interpose/real.h"
#include "proto/base/compiler.h"

EXPORT int sigaltstack(const stack_t *stack, stack_t *ret_before)
{
    if (!guest_interposes(INTERPOSE_ALTSTACK))
        return real()->sigaltstack(stack, ret_before);
    long r = altstack_change(stack, ret_before);
    if (r == 0)
        return 0;
    errno = (int)-r;
    return -1;
}
