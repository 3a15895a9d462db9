/* A daemon that gave up root: the kernel cleared dumpable. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <sys/types.h>
#include <unistd.h>

void crash_here(void)
{
    if (setresgid(65534, 65534, 65534) == 0 &&
        setresuid(65534, 65534, 65534) == 0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
