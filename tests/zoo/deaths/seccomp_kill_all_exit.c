/* The same filter, and a clean end. Context: tool. */
#include "tests/zoo/deaths/sandbox.h"

#include <stdlib.h>

int main(void)
{
    static const uint32_t calls[] = {SYS_write, SYS_exit_group};
    struct sandbox sandbox;

    sandbox_make(&sandbox, calls, sizeof calls / sizeof *calls,
                 SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &sandbox.program, 0, 0) != 0)
        return 1;
    exit(3);
}
