/* Reads a page that nobody may touch. Context: tool. */
#include <stddef.h>
#include <sys/mman.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    volatile int *page =
        mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)*page;
}

int main(void)
{
    crash_outer();
    return 0;
}
