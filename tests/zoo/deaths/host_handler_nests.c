/* A handler that faults in turn, deeper than we remember, and the innermost
 * recovers. Context: tool. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

#include "tests/zoo/deaths/death.h"

#define DEPTH 12 /* above CRASH_HANDLERS_MAX */

static sigjmp_buf back;
static volatile sig_atomic_t depth;

static void handle(int number)
{
    depth = depth + 1;
    if (depth == DEPTH)
        siglongjmp(back, number);
    death_write(0x10);
}

void crash_here(void)
{
    for (volatile int i = 0; i < 3; i++) {
        depth = 0;
        if (sigsetjmp(back, 1) == 0)
            death_write(0x10);
    }
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_NODEFER};

    (void)sigaction(SIGSEGV, &action, NULL);
    crash_outer();
    return printf("went on at %d\n", (int)depth) < 0;
}
