/* A sandbox without clone, exec and ptrace. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include "tests/zoo/deaths/sandbox.h"

void crash_here(void)
{
    static const uint32_t calls[] = {
        SYS_clone,  SYS_clone3, SYS_fork,     SYS_vfork,
        SYS_execve, SYS_ptrace, SYS_execveat, SYS_process_vm_readv,
    };

    if (sandbox_enter(calls, sizeof calls / sizeof *calls,
                      SECCOMP_RET_ERRNO | 1) == 0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
