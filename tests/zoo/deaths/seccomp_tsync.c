/* A filter for threads that run already, which kills whoever opens a file:
 * our sampler would. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include "tests/zoo/deaths/sandbox.h"

#include <time.h>
#include <unistd.h>

void crash_here(void)
{
    static const uint32_t calls[] = {SYS_clone, SYS_newfstatat, SYS_pread64};
    struct timespec ticks = {2, 0}; /* of the sampler */
    struct sandbox sandbox;

    sandbox_make(&sandbox, calls, sizeof calls / sizeof *calls,
                 SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                (long)SECCOMP_FILTER_FLAG_TSYNC, &sandbox.program) != 0)
        return;
    (void)nanosleep(&ticks, NULL);
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
