/* A filter by seccomp(2), as libseccomp does it, that refuses clone. Context:
 * tool. */
#include "tests/zoo/deaths/death.h"

#include "tests/zoo/deaths/sandbox.h"

#include <unistd.h>

void crash_here(void)
{
    static const uint32_t calls[] = {SYS_clone, SYS_clone3, SYS_ptrace};
    struct sandbox sandbox;

    sandbox_make(&sandbox, calls, sizeof calls / sizeof *calls,
                 SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0L, &sandbox.program) ==
        0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
