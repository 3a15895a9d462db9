/* The handler of an assertion's signal ends the program by it. Context: tool.
 */
#undef NDEBUG
#include <assert.h>
#include <signal.h>
#include <stdlib.h>

#include "tests/zoo/deaths/death.h"

static void handle(int number)
{
    (void)signal(number, SIG_DFL);
    abort();
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
