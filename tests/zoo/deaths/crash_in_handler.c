/* A crash in the handler of another signal. Context: tool. */
#include <signal.h>

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
    (void)signal(SIGUSR1, handle);
    (void)raise(SIGUSR1);
    return 0;
}
