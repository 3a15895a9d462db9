/* Holds SIGSEGV the way of System V, then faults. Context: tool. */
#define _XOPEN_SOURCE 700
#include <signal.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
int main(void)
{
    if (sighold(SIGSEGV) != 0)
        return 1;
    crash_outer();
    return 0;
}
