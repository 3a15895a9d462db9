/* Exits with status 1: no crash. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdlib.h>

void crash_here(void)
{
    exit(1);
}

int main(void)
{
    crash_outer();
    return 0;
}
