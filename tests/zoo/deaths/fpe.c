/* Divides by zero. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    volatile int zero = 0;
    volatile int result = 1 / zero;

    (void)result;
}

int main(void)
{
    crash_outer();
    return 0;
}
