/* Three functions call each other without end. Context: tool. */
#include "tests/zoo/deaths/death.h"

LINK int first(int depth);
LINK int second(int depth);
LINK int third(int depth);

int first(int depth)
{
    return second(depth + 1) + 1;
}

int second(int depth)
{
    return third(depth + 1) + 1;
}

int third(int depth)
{
    return first(depth + 1) + 1;
}

void crash_here(void)
{
    (void)first(0);
}

int main(void)
{
    crash_outer();
    return 0;
}
