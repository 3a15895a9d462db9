/* A function returns to an address that was overwritten, with the stack above
 * it. Context: tool. */
#include "tests/zoo/deaths/smash.h"

void crash_here(void)
{
    uintptr_t local = 0;

    smash(&local, 0x414141414141u);
}

int main(void)
{
    crash_outer();
    return 0;
}
