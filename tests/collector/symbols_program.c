/*
 * A program for the tests of symbols: dies three calls deep, one of them
 * inlined. Context: tool.
 */
#include <stddef.h>

static volatile int *nowhere;

static inline __attribute__((always_inline)) void innermost_inlined(int value)
{
    *nowhere = value;
}

__attribute__((noinline)) static void middle_function(int value)
{
    innermost_inlined(value);
    nowhere = NULL; /* no tail call */
}

int main(int argc, char **argv)
{
    (void)argv;
    middle_function(argc);
    return 0;
}
