/*
 * The handler of a fault unblocks the signal, takes another handler, and
 * touches what may not be mapped, as the JVM does while it writes its own
 * report; then it aborts. Context: tool.
 */
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

#include "tests/zoo/deaths/death.h"

static sigjmp_buf back;

static void on_second(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

static void on_first(int number)
{
    sigset_t one;

    (void)signal(number, on_second);
    (void)sigemptyset(&one);
    (void)sigaddset(&one, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    if (sigsetjmp(back, 1) == 0)
        death_write(0x20);
    abort();
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    (void)signal(SIGSEGV, on_first);
    crash_outer();
    return 0;
}
