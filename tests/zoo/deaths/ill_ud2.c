/* Runs an undefined instruction. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    __asm__ volatile("ud2");
}

int main(void)
{
    crash_outer();
    return 0;
}
