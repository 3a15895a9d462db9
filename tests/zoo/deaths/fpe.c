/* Divides by zero. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    volatile int result = 1000;
    volatile int zero = 0;

    result = result / zero;
}

int main(void)
{
    crash_outer();
    return 0;
}
