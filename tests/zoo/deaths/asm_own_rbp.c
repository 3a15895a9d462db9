/* Assembly without call frame information that uses the frame pointer for a
 * buffer of its own, called by who finds its caller by that register; writes to
 * null. What lies in the buffer looks like that caller's frame. Context: tool.
 */
#include <alloca.h>

#include "tests/zoo/deaths/death.h"

void without_cfi(void);
__asm__(".text\n"
        "without_cfi:\n\t"
        "push %rbp\n\t"
        "sub $80, %rsp\n\t"
        "lea -64(%rsp), %rbp\n\t" /* below, in the red zone */
        "lea inner(%rip), %rax\n\t"
        "mov %rax, 8(%rbp)\n\t"
        "movq %rbp, (%rbp)\n\t"
        "mov $0x10, %eax\n\t"
        "movl $1, (%rax)\n"
        "inner:\n\t"
        "add $80, %rsp\n\t"
        "pop %rbp\n\t"
        "ret\n\t"
        ".type without_cfi, @function\n\t"
        ".size without_cfi, . - without_cfi\n");

void crash_here(void)
{
    volatile size_t size = 64; /* not known: so the frame has its pointer */
    volatile char *bytes = alloca(size);

    bytes[0] = 0;
    without_cfi();
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    crash_outer();
    return 0;
}
