/* Dies of SIGTERM: no crash. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>

void crash_here(void)
{
    (void)raise(SIGTERM);
}

int main(void)
{
    crash_outer();
    return 0;
}
