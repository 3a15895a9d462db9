/* A handler that may find a lock taken lets alarm end it; where its fork waits
 * for ever, too. Context: tool. */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

static void wait_for_ever(void)
{
    for (;;)
        (void)pause();
}

static void handle(int number)
{
    (void)number;
    (void)alarm(1);
    (void)fork();
}

int main(void)
{
    if (pthread_atfork(wait_for_ever, NULL, NULL) != 0)
        return 1;
    (void)signal(SIGSEGV, handle);
    crash_outer();
    return 0;
}
