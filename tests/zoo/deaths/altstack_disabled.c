/* Gives up its alternate stack, then overflows the stack. Context: tool. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include "tests/zoo/deaths/stack_overflow.h"

int main(void)
{
    stack_t stack = {.ss_flags = SS_DISABLE};
    stack_t seen = {0};

    if (sigaltstack(&stack, NULL) != 0 || sigaltstack(NULL, &seen) != 0)
        return 1;
    printf("disabled: %d\n", (seen.ss_flags & SS_DISABLE) != 0);
    (void)fflush(stdout);
    return recurse(1);
}
