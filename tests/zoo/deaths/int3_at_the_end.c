/*
 * A breakpoint that is a function's last instruction: the processor has left
 * it behind, and stands in the next function. Context: tool.
 */
#include "tests/zoo/deaths/death.h"

__attribute__((noipa)) void crash_here(void)
{
    __asm__ volatile("sub $0x108, %%rsp\n\t"
                     ".cfi_adjust_cfa_offset 0x108\n\t"
                     "int3\n\t"
                     ".cfi_adjust_cfa_offset -0x108" ::
                         : "memory");
    __builtin_unreachable();
}

int main(void)
{
    crash_outer();
    return 0;
}
