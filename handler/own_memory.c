/* Our own memory, asked of the kernel. Context: any. */
#include "handler/own_memory.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "proto/base/sys.h"

#define PAGE_BYTES 4096u
#define NO_HOW     (-1) /* none of SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK */

/* sigprocmask without a meaning reads the mask before it says so. */
static bool word_is_readable(uintptr_t address)
{
    return sys_call4(SYS_rt_sigprocmask, NO_HOW, (long)address, 0,
                     SYS_SIGSET_BYTES) == -EINVAL;
}

bool own_memory_is_readable(const void *begin, size_t size_bytes)
{
    uintptr_t first = (uintptr_t)begin & ~(uintptr_t)(SYS_SIGSET_BYTES - 1);
    uintptr_t last;

    if (__builtin_add_overflow((uintptr_t)begin, size_bytes, &last))
        return false;
    for (uintptr_t at = first; at < last;
         at = (at & ~(uintptr_t)(PAGE_BYTES - 1)) + PAGE_BYTES) {
        if (!word_is_readable(at))
            return false;
    }
    return true;
}

bool own_memory_is_writable(void *address)
{
    return sys_call4(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)address,
                     SYS_SIGSET_BYTES) == 0;
}
