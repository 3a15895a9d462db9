/* No privileges are to be had by exec. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <sys/prctl.h>

void crash_here(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
