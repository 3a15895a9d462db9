/* The stack pointer is null. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    __asm__ volatile("xor %%esp, %%esp\n\t"
                     "push %%rax" ::
                         : "memory");
}

int main(void)
{
    crash_outer();
    return 0;
}
