/* Reads through a null pointer. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    (void)*death_pointer(0);
}

int main(void)
{
    crash_outer();
    return 0;
}
