/* A child by the bare system call crashes. Context: tool. */
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

static int report(pid_t child)
{
    int status = 0;

    if (waitpid(child, &status, __WALL) != child)
        return 1;
    printf("child: signal %d\n", WTERMSIG(status));
    /* Nobody else is to be waited for. */
    return waitpid(-1, &status, __WALL) == -1 ? 0 : 2;
}

int main(void)
{
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

    if (child == 0)
        crash_outer();
    return report(child);
}
