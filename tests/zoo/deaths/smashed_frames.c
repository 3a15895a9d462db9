/* Return addresses are overwritten, then it crashes. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <string.h>

void crash_here(void)
{
    volatile uintptr_t mark = 0;
    uintptr_t *volatile at = (uintptr_t *)&mark;

    for (int i = 0; i < 24; i++)
        at[i] = 0x4141414141414141u;
    __asm__ volatile("xor %%ebp, %%ebp\n\t"
                     "mov %%ebp, (%%rbp)" ::
                         : "memory");
}

int main(void)
{
    crash_outer();
    return 0;
}
