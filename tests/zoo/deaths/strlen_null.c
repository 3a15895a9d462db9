/* A crash in libc on our behalf. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <string.h>

void crash_here(void)
{
    volatile size_t size = strlen((const char *)death_pointer(0));

    (void)size;
}

int main(void)
{
    crash_outer();
    return 0;
}
