/* Assembly without frame pointer and call frame information writes to null.
 * Context: tool. */
#include "tests/zoo/deaths/death.h"

void without_cfi(void);
__asm__(".text\n"
        "without_cfi:\n\t"
        "xor %ebp, %ebp\n\t"
        "sub $40, %rsp\n\t"
        "movl $1, 0x10(%rbp)\n\t"
        "add $40, %rsp\n\t"
        "ret\n\t"
        ".type without_cfi, @function\n\t"
        ".size without_cfi, . - without_cfi\n");

void crash_here(void)
{
    without_cfi();
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    crash_outer();
    return 0;
}
