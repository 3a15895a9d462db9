/* A handler of pthread_atfork crashes in the child: locks of malloc and stdio
 * are held there. Context: tool. */
#include <pthread.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    int status = 0;

    if (pthread_atfork(NULL, NULL, crash_outer) != 0)
        return 1;
    pid_t child = fork();
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    printf("child: signal %d\n", WTERMSIG(status));
    return 0;
}
