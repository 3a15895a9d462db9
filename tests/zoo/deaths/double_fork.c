/* A daemon crashes: its parent and grandparent ended well. Context: tool. */
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

/* Waits until every holder of the pipe has ended. */
static void await(int end)
{
    char byte;

    (void)!read(end, &byte, 1);
}

int main(void)
{
    int ends[2];

    if (pipe(ends) < 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        (void)setsid();
        if (fork() == 0) {
            (void)close(ends[1]);
            await(ends[0]); /* until the others are gone */
            crash_outer();
        }
        _exit(0);
    }
    (void)waitpid(child, NULL, 0);
    return 0;
}
