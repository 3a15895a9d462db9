/* Sends itself a signal that does not fault again. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>

void crash_here(void)
{
    (void)raise(SIGTRAP);
}

int main(void)
{
    crash_outer();
    return 0;
}
