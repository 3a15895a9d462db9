/* The alternate stack was unmapped: the kernel kills. Context: tool. */
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    size_t size = 64 << 10;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = at, .ss_size = size};

    (void)sigaltstack(&stack, NULL);
    (void)munmap(at, size);
    crash_outer();
    return 0;
}
