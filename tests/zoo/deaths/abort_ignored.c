/* abort() with SIGABRT ignored. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>
#include <stdlib.h>

void crash_here(void)
{
    (void)signal(SIGABRT, SIG_IGN);
    abort();
}

int main(void)
{
    crash_outer();
    return 0;
}
