/* An overrun that _FORTIFY_SOURCE catches. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <string.h>

void crash_here(void)
{
    char buffer[16];
    volatile size_t size = 64;

    memset(buffer, 0x41, size);
    __asm__ volatile("" : : "r"(buffer) : "memory");
}

int main(void)
{
    crash_outer();
    return 0;
}
