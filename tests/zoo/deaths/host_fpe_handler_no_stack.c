/* A division by zero where the program's handler has no stack: the kernel
 * cannot call it, and kills by SIGSEGV. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>
#include <unistd.h>

static void handler(int number)
{
    _exit(number);
}

void crash_here(void)
{
    __asm__ volatile("mov $0x1000, %%rsp\n\t"
                     "xor %%edx, %%edx\n\t"
                     "xor %%ecx, %%ecx\n\t"
                     "div %%ecx"
                     :
                     :
                     : "rax", "rcx", "rdx", "memory");
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};

    (void)sigaction(SIGFPE, &action, NULL);
    crash_outer();
    return 0;
}
