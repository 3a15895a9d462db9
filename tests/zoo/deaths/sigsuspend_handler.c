/* A crash in a handler that runs in sigsuspend, with all else blocked.
 * Context: tool. */
#include <signal.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

static void handle(int number)
{
    (void)number;
    crash_outer();
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    sigset_t all;

    (void)signal(SIGUSR1, handle);
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    (void)kill(getpid(), SIGUSR1);
    (void)sigdelset(&all, SIGUSR1);
    (void)sigsuspend(&all);
    return 0;
}
