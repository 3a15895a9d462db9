/*
 * Blocks all signals, and jumps out to where none was blocked: raise kills.
 * Context: tool.
 */
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

static sigjmp_buf before;

void crash_here(void)
{
    (void)raise(SIGSEGV);
}

int main(void)
{
    sigset_t all;

    (void)sigfillset(&all);
    if (sigsetjmp(before, 1) == 0) {
        (void)sigprocmask(SIG_BLOCK, &all, NULL);
        siglongjmp(before, 1);
    }
    crash_outer();
    return 0;
}
