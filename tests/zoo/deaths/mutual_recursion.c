/* Three functions call each other without end, on a stack of 2 MiB: the
 * 524,000 frames of 8 may take a busy machine longer to read than is waited
 * for. Context: tool. */
#include <sys/resource.h>

#include "tests/zoo/deaths/death.h"

#define STACK_BYTES (2u << 20)

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
    struct rlimit stack = {STACK_BYTES, STACK_BYTES};

    (void)setrlimit(RLIMIT_STACK, &stack);
    crash_outer();
    return 0;
}
