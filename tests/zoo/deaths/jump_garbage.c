/* Calls a function pointer that was overwritten. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    void (*function)(void) = (void (*)(void))death_pointer(0xabcdef0123u);

    function();
}

int main(void)
{
    crash_outer();
    return 0;
}
