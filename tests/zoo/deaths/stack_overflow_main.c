/* The main thread's stack overflows. Context: tool. */
#include "tests/zoo/deaths/stack_overflow.h"

int main(void)
{
    crash_outer();
    return 0;
}
