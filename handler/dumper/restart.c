/* Calls that a stop would end. Context: tool. */
#include "handler/dumper/restart.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "proto/base/compiler.h"

/* The kernel's own: again, unless a handler runs (include/linux/errno.h). */
#define ERESTARTNOHAND 514

#define USER_CODE_64 0x33 /* cs of 64-bit code (__USER_CS) */

/* None of them has had an effect when it says EINTR. */
static const uint64_t calls[] = {
    SYS_epoll_wait, SYS_epoll_pwait,  SYS_epoll_pwait2,    SYS_semop,
    SYS_semtimedop, SYS_io_getevents, SYS_rt_sigtimedwait, SYS_io_uring_enter,
    SYS_recvfrom,   SYS_recvmsg,      SYS_accept,          SYS_accept4,
    SYS_read, /* of a socket with SO_RCVTIMEO */
};

bool restart_wanted(const struct user_regs_struct *registers)
{
    if ((int64_t)registers->rax != -EINTR || registers->cs != USER_CODE_64)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        if (registers->orig_rax == calls[i])
            return true;
    }
    return false;
}

void restart_arrange(int tid)
{
    /* On failure the call ends with EINTR: what the manual says may happen. */
    (void)ptrace(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, rax),
                 (void *)(intptr_t)-ERESTARTNOHAND);
}
