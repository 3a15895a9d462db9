/* A vfork child enters a sandbox that kills whoever clones; its parent, which
 * is in none, crashes. Context: tool. */
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"
#include "tests/zoo/deaths/sandbox.h"

void crash_here(void)
{
    death_write(0x10);
}

/* The child's exit status, or that it died by a signal. */
static int end_of(pid_t child)
{
    int status = 0;

    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static pid_t child_in_filter(void)
{
    static const uint32_t calls[] = {SYS_clone, SYS_clone3, SYS_ptrace};
    pid_t child = vfork();

    if (child == 0) {
        _exit(sandbox_enter(calls, sizeof calls / sizeof *calls,
                            SECCOMP_RET_KILL_PROCESS) == 0
                  ? 3
                  : 1);
    }
    return child;
}

int main(void)
{
    if (end_of(child_in_filter()) != 3)
        return 1;
    crash_outer();
    return 0;
}
