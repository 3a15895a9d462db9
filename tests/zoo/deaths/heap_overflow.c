/* Overruns a heap block into the allocator, which aborts. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdlib.h>

void crash_here(void)
{
    volatile int *at = death_pointer((uintptr_t)malloc(24));
    void *volatile next;

    for (int i = 0; i < 16; i++)
        at[i] = 0x41414141; /* the size of the free rest behind it, too */
    next = malloc(1000);
    (void)next;
}

int main(void)
{
    crash_outer();
    return 0;
}
