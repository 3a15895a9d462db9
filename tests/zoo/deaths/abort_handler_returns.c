/* The program's SIGABRT handler returns: abort kills all the same. Context:
 * tool. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

static void handle(int number)
{
    (void)number;
    (void)!write(1, "caught\n", 7);
}

void crash_here(void)
{
    abort();
}

int main(void)
{
    (void)signal(SIGABRT, handle);
    crash_outer();
    return 0;
}
