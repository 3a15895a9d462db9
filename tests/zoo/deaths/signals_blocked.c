/* Every signal is blocked. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>
#include <stddef.h>

void crash_here(void)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
