/* The program's SIGABRT handler recovers: no crash. Context: tool. */
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

#include "tests/zoo/deaths/death.h"

static sigjmp_buf back;

static void handle(int number)
{
    siglongjmp(back, number);
}

void crash_here(void)
{
    if (sigsetjmp(back, 1) == 0)
        abort();
}

int main(void)
{
    (void)signal(SIGABRT, handle);
    crash_outer();
    return 0;
}
