/* Calls into data. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    static int data[4];
    void (*function)(void) = (void (*)(void))death_pointer((uintptr_t)data);

    function();
}

int main(void)
{
    crash_outer();
    return 0;
}
