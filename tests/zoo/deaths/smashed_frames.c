/* Return addresses are overwritten, then it crashes. Context: tool. */
#include "tests/zoo/deaths/smash.h"

void crash_here(void)
{
    uintptr_t local = 0;

    smash(&local, 0x4141414141414141u);
    __asm__ volatile("xor %%ebp, %%ebp\n\t"
                     "mov %%ebp, (%%rbp)" ::
                         : "memory");
}

int main(void)
{
    crash_outer();
    return 0;
}
