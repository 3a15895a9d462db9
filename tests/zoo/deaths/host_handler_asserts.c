/* A handler that blocks all makes an assertion, and SIGABRT has one, too: libc
 * unblocks it by an inner call, and dies of it. Context: tool. */
#undef NDEBUG
#include <assert.h>
#include <signal.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

static void note(int number)
{
    (void)number;
}

static void handle(int number)
{
    assert(number == 0);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};

    (void)sigfillset(&action.sa_mask);
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)signal(SIGABRT, note);
    crash_outer();
    return 0;
}
