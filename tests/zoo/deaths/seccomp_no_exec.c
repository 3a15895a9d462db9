/* A sandbox with clone but without exec. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include "tests/zoo/deaths/sandbox.h"

void crash_here(void)
{
    static const uint32_t calls[] = {SYS_execve, SYS_execveat};

    if (sandbox_enter(calls, 2, SECCOMP_RET_ERRNO | 1) == 0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
