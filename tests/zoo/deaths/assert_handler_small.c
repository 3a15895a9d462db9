/* The handler of an assertion's signal returns, on a stack of 8 KiB. Context:
 * tool. */
#include <stddef.h>

#include "tests/zoo/deaths/asserting.h"

static char stack[8192];

static void handle(int number)
{
    (void)number;
}

int main(void)
{
    const stack_t small = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};

    (void)sigaltstack(&small, NULL);
    (void)sigaction(SIGABRT, &action, NULL);
    crash_outer();
    return 0;
}
