/* Runs an instruction of the kernel. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    __asm__ volatile("hlt");
}

int main(void)
{
    crash_outer();
    return 0;
}
