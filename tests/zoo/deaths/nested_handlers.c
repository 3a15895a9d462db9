/* The handler of one fault faults in another way, and that handler crashes.
 * Context: tool. */
#include <signal.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

LINK void on_fpe(int number);
LINK void on_illegal(int number);

void crash_here(void)
{
    volatile int zero = 0;
    volatile int one = 1;

    one /= zero;
}

void on_fpe(int number)
{
    (void)number;
    __asm__ volatile("ud2");
}

void on_illegal(int number)
{
    (void)number;
    death_write(0x10);
}

int main(void)
{
    (void)signal(SIGFPE, on_fpe);
    (void)signal(SIGILL, on_illegal);
    crash_outer();
    return 0;
}
