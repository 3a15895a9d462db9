/* Recursion without an end, 256 bytes a level. Context: tool. */
#ifndef INQUEST_TESTS_ZOO_STACK_OVERFLOW_H
#define INQUEST_TESTS_ZOO_STACK_OVERFLOW_H

#include "tests/zoo/deaths/death.h"

LINK int recurse(int depth);
LINK int recurse(int depth)
{
    volatile char room[256];

    room[0] = (char)depth;
    return depth < 0 ? 0 : recurse(depth + 1) + room[0];
}

void crash_here(void)
{
    (void)recurse(1);
}

#endif
