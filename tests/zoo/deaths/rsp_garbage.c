/* The stack pointer points nowhere. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    __asm__ volatile("mov $0x1234567000, %%rsp\n\t"
                     "push %%rax" ::
                         : "memory");
}

int main(void)
{
    crash_outer();
    return 0;
}
