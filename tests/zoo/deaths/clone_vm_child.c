/* A child that shares our memory, on a stack of its own, crashes. Context:
 * tool. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
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

static int run(void *unused)
{
    (void)unused;
    crash_outer();
    return 0;
}

int main(void)
{
    static char stack[64 << 10];

    return report(clone(run, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL));
}
