/* Runs a breakpoint that nobody set. It does not fault again. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    __asm__ volatile("int3");
}

int main(void)
{
    crash_outer();
    return 0;
}
