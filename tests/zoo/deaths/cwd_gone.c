/* The working directory is gone. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdlib.h>
#include <unistd.h>

void crash_here(void)
{
    char name[] = "/tmp/zoo-gone-XXXXXX";

    if (mkdtemp(name) && chdir(name) == 0 && rmdir(name) == 0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
