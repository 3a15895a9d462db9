/* The program's own alternate stack holds a signal frame and little more.
 * Context: tool. */
#include <signal.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    size_t size = getauxval(AT_MINSIGSTKSZ) + 1024;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = at, .ss_size = size};

    if (sigaltstack(&stack, NULL) != 0)
        return 1;
    crash_outer();
    return 0;
}
