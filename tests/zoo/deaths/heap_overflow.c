/* Overruns a heap block into the allocator, which aborts. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdlib.h>
#include <string.h>

void crash_here(void)
{
    char *block = malloc(24);
    char *volatile at = block;
    void *volatile next;

    memset(at, 0x41, 64);
    next = malloc(256 << 10 >> 1);
    free(next);
}

int main(void)
{
    crash_outer();
    return 0;
}
