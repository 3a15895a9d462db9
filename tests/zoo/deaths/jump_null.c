/* Calls a null function pointer. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    void (*function)(void) = (void (*)(void))death_pointer(0);

    function();
}

int main(void)
{
    crash_outer();
    return 0;
}
