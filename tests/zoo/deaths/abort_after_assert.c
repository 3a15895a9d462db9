/*
 * An assertion failed earlier and was survived; this abort is another one.
 * Before it a fault was survived, too. Context: tool.
 */
#undef NDEBUG
#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

#include "tests/zoo/deaths/death.h"

static sigjmp_buf survived;

static void handle(int unused)
{
    (void)unused;
    siglongjmp(survived, 1);
}

void crash_here(void)
{
    abort();
}

int main(void)
{
    (void)signal(SIGABRT, handle);
    if (sigsetjmp(survived, 1) == 0)
        assert(!"this was survived");
    (void)signal(SIGABRT, SIG_DFL);
    (void)signal(SIGSEGV, handle);
    if (sigsetjmp(survived, 1) == 0)
        death_write(0x10);
    crash_outer();
    return 0;
}
