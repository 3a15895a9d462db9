/* Dies of SIGKILL: nothing runs any more. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>

void crash_here(void)
{
    (void)raise(SIGKILL);
}

int main(void)
{
    crash_outer();
    return 0;
}
