/* Writes to a field of a null structure. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
