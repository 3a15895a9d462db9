/* Crashes while it holds the lock of stdout. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdio.h>

void crash_here(void)
{
    flockfile(stdout);
    fputs("unfinished", stdout);
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
