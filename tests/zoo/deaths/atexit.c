/* A crash in a function that atexit registered. Context: tool. */
#include <stdlib.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    return atexit(crash_outer);
}
