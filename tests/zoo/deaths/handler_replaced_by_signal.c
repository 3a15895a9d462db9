/* signal() replaces the handler: it counts, then takes the default. Context:
 * tool. */
#include <signal.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

static void handle(int number)
{
    static int count;

    (void)!write(1, "caught\n", 7);
    if (++count == 3)
        (void)signal(number, SIG_DFL);
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    (void)signal(SIGSEGV, handle);
    crash_outer();
    return 0;
}
