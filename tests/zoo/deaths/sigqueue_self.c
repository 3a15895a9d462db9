/* Queues itself SIGBUS with a value. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>
#include <unistd.h>

void crash_here(void)
{
    (void)sigqueue(getpid(), SIGBUS, (union sigval){.sival_int = 7});
}

int main(void)
{
    crash_outer();
    return 0;
}
