/*
 * The stack pointer leads into read-only memory: the kernel cannot call the
 * program's handler there, and kills. Context: tool.
 */
#include "tests/zoo/deaths/death.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACK_BYTES (64 << 10)

static void handler(int number)
{
    _exit(number == SIGSEGV ? 3 : 4);
}

void crash_here(void)
{
    char *stack =
        mmap(NULL, STACK_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    __asm__ volatile("mov %0, %%rsp\n\tpush %%rax"
                     :
                     : "r"(stack + STACK_BYTES / 2)
                     : "memory");
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};

    (void)sigaction(SIGSEGV, &action, NULL);
    crash_outer();
    return 0;
}
