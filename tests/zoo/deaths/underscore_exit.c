/* Exits by _exit: no crash, and no box left. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <unistd.h>

void crash_here(void)
{
    _exit(5);
}

int main(void)
{
    crash_outer();
    return 0;
}
