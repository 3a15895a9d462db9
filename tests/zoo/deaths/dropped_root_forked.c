/* A server's worker: a fork child that gave up root. Context: tool. */
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    if (setgid(65534) == 0 && setuid(65534) == 0)
        death_write(0x10);
}

int main(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        crash_outer();
    if (waitpid(child, &status, 0) != child)
        return 1;
    printf("child: signal %d\n", WTERMSIG(status));
    return 0;
}
