/* abort() with SIGABRT blocked. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

void crash_here(void)
{
    sigset_t one;

    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGABRT);
    (void)sigprocmask(SIG_BLOCK, &one, NULL);
    abort();
}

int main(void)
{
    crash_outer();
    return 0;
}
