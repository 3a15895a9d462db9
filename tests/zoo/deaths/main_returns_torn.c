/*
 * Main comes back with its status and no other register as it was, nor the
 * stack, as Free Pascal's halt does: no crash. Context: tool.
 */
#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    __asm__ volatile("ud2"); /* never called */
}

int main(void);
__asm__(".text\n"
        ".globl main\n"
        ".type main, @function\n"
        "main:\n"
        "    mov $1, %ebx\n"
        "    mov $1, %ebp\n"
        "    mov $1, %r12d\n"
        "    mov $1, %r13d\n"
        "    mov $1, %r14d\n"
        "    mov $1, %r15d\n"
        "    mov $9, %eax\n"
        "    pop %rdx\n"
        "    sub $0x1008, %rsp\n"
        "    push %rdx\n"
        "    ret\n"
        ".size main, . - main\n");
