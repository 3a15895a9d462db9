/* The program closed every descriptor, ours too. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <unistd.h>

void crash_here(void)
{
    if (close_range(0, ~0u, 0) == 0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
