/* The program closed ours and took the numbers. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <fcntl.h>
#include <unistd.h>

void crash_here(void)
{
    if (close_range(3, ~0u, 0) < 0)
        return;
    for (int i = 0; i < 300; i++)
        (void)!open("/dev/null", O_RDWR);
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
