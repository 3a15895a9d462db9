/* A daemon crashes when nobody waits for it. Context: tool. */
#include <sys/types.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    if (daemon(1, 1) == 0)
        crash_outer();
    return 0;
}
