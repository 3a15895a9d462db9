/* The handler of an assertion's signal crashes in turn. Context: tool. */
#undef NDEBUG
#include <assert.h>
#include <signal.h>

#include "tests/zoo/deaths/death.h"

static void handle(int number)
{
    (void)number;
    death_write(0x10);
}

void crash_here(void)
{
    assert(!"this is the reason");
}

int main(void)
{
    (void)signal(SIGABRT, handle);
    crash_outer();
    return 0;
}
