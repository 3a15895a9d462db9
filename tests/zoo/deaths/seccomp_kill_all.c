/* A filter that lets the program write and exit, and kills it at anything
 * else: at what our handler would do. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include "tests/zoo/deaths/sandbox.h"

void crash_here(void)
{
    static const uint32_t calls[] = {SYS_write, SYS_exit_group};
    struct sandbox sandbox;

    sandbox_make(&sandbox, calls, sizeof calls / sizeof *calls,
                 SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &sandbox.program, 0, 0) == 0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
