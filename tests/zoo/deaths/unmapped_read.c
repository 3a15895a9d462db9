/* Reads a page that nobody mapped. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    (void)*death_pointer(0xdead0000u);
}

int main(void)
{
    crash_outer();
    return 0;
}
