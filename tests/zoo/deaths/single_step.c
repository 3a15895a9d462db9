/* Sets the trap flag, with nobody there who traces it. Context: tool. */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    __asm__ volatile("pushf\n\t"
                     "orl $0x100, (%rsp)\n\t" /* EFLAGS.TF */
                     "popf\n\t"
                     "nop\n\t"
                     "nop");
}

int main(void)
{
    crash_outer();
    return 0;
}
