/* Reads an address no x86-64 page table can hold. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    (void)*death_pointer(0x4141414141414140u);
}

int main(void)
{
    crash_outer();
    return 0;
}
