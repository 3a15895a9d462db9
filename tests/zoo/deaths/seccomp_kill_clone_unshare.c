/* Unshares in a sandbox that kills whoever clones. Context: tool. */
#include <sched.h>

#include "tests/zoo/deaths/sandbox.h"

int main(void)
{
    static const uint32_t calls[] = {SYS_clone, SYS_clone3};

    if (sandbox_enter(calls, sizeof calls / sizeof *calls,
                      SECCOMP_RET_KILL_PROCESS) < 0)
        return 1;
    return unshare(CLONE_FILES) < 0 ? 2 : 0;
}
