/* A root directory without our files. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <unistd.h>

void crash_here(void)
{
    if (chroot("/proc/self/fdinfo") == 0 && chdir("/") == 0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
