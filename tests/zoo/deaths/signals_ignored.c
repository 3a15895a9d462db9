/* SIGSEGV is ignored: the kernel kills all the same. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>

void crash_here(void)
{
    (void)signal(SIGSEGV, SIG_IGN);
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
