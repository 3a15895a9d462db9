/*
 * The frame of a signal is 8 bytes off, as QEMU's is: between the kernel and
 * the handler stands one that pushes a second return address. Context: tool.
 */
#include "tests/zoo/deaths/death.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KERNEL_MASK_BYTES 8

struct kernel_action { /* of x86-64: sigaction(2) */
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

void (*handler_behind)(int);
void push_and_go_on(int number);
__asm__(".text\n"
        ".type push_and_go_on, @function\n"
        "push_and_go_on:\n"
        "    lea 1f(%rip), %rax\n"
        "    push %rax\n"
        "    jmp *handler_behind(%rip)\n"
        "1:  ret\n"
        ".size push_and_go_on, . - push_and_go_on\n");

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    struct kernel_action action = {0};

    if (syscall(SYS_rt_sigaction, SIGSEGV, NULL, &action, KERNEL_MASK_BYTES))
        return 1;
    handler_behind = action.handler;
    action.handler = push_and_go_on;
    if (handler_behind && /* bare there is none */
        syscall(SYS_rt_sigaction, SIGSEGV, &action, NULL, KERNEL_MASK_BYTES))
        return 1;
    crash_outer();
    return 0;
}
