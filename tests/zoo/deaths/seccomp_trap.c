/* A system call that the filter turns into SIGSYS. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <unistd.h>

#include "tests/zoo/deaths/sandbox.h"

void crash_here(void)
{
    static const uint32_t calls[] = {SYS_getppid};

    if (sandbox_enter(calls, 1, SECCOMP_RET_TRAP) == 0)
        (void)syscall(SYS_getppid);
}

int main(void)
{
    crash_outer();
    return 0;
}
