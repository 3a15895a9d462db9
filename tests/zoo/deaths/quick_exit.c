/* Exits by quick_exit: no crash, and no box left. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdlib.h>

void crash_here(void)
{
    quick_exit(6);
}

int main(void)
{
    crash_outer();
    return 0;
}
