/* The program's handler calls abort on an alternate stack of 8 KiB, SIGSTKSZ of
 * old, below which nothing is. Context: tool. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/zoo/deaths/death.h"

#define STACK_BYTES 8192
#define PAGE_BYTES  4096

static void handle(int number)
{
    (void)number;
    abort();
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    char *at = mmap(NULL, PAGE_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = at + PAGE_BYTES, .ss_size = STACK_BYTES};

    if (at == MAP_FAILED || mprotect(at, PAGE_BYTES, PROT_NONE) < 0 ||
        sigaltstack(&stack, NULL) < 0)
        return 1;
    (void)sigaction(SIGSEGV, &action, NULL);
    crash_outer();
    puts("went on");
    return 0;
}
