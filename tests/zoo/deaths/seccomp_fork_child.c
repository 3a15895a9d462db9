/* A child of a program in a sandbox crashes: it has no box of its own, and no
 * call is made that its filter might not allow. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/sandbox.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    static const uint32_t calls[] = {SYS_fallocate, SYS_ftruncate};
    int status = 0;

    if (sandbox_enter(calls, 2, SECCOMP_RET_KILL_PROCESS) < 0)
        return 1;
    pid_t child = fork();
    if (child == 0)
        crash_outer();
    if (waitpid(child, &status, 0) != child)
        return 2;
    printf("child: signal %d\n", WTERMSIG(status));
    return 0;
}
