/* Sends itself the signal. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>

void crash_here(void)
{
    (void)raise(SIGSEGV);
}

int main(void)
{
    crash_outer();
    return 0;
}
