/* The program's handler of an assertion's signal returns: it dies all the same,
 * and was told. Context: tool. */
#undef NDEBUG
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

static void handle(int number)
{
    (void)number;
    (void)!write(1, "caught\n", 7);
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
