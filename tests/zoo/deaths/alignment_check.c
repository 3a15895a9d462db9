/*
 * A program that asked the processor for SIGBUS on misaligned accesses, which
 * the handlers of signals inherit. Context: tool.
 */
#include "tests/zoo/deaths/death.h"

static _Alignas(8) char bytes[16];

void crash_here(void)
{
    volatile int *misaligned = death_pointer((uintptr_t)bytes + 1);

    __asm__ volatile("pushf\n\t"
                     "orl $0x40000, (%rsp)\n\t" /* EFLAGS.AC */
                     "popf");
    *misaligned = 1;
}

int main(void)
{
    crash_outer();
    return 0;
}
