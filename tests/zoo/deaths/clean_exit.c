/* Ends well. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdio.h>

void crash_here(void)
{
    puts("all is well");
}

int main(void)
{
    crash_outer();
    return 0;
}
