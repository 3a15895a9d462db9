/* The handler of an assertion's signal recovers: no crash. Context: tool. */
#undef NDEBUG
#include <assert.h>
#include <setjmp.h>
#include <signal.h>

#include "tests/zoo/deaths/death.h"

static sigjmp_buf back;

static void handle(int number)
{
    siglongjmp(back, number);
}

void crash_here(void)
{
    if (sigsetjmp(back, 1) == 0)
        assert(!"this is survived");
}

int main(void)
{
    (void)signal(SIGABRT, handle);
    crash_outer();
    return 0;
}
