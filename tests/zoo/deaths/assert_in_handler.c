/* An assertion in the handler of a fault, and its own handler returns. Context:
 * tool. */
#undef NDEBUG
#include <assert.h>
#include <signal.h>

#include "tests/zoo/deaths/death.h"

static void handle_abort(int number)
{
    (void)number;
}

static void handle_fault(int number)
{
    assert(number == 0);
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    (void)signal(SIGABRT, handle_abort);
    (void)signal(SIGSEGV, handle_fault);
    crash_outer();
    return 0;
}
