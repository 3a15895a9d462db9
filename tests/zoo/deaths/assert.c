/* A false assertion. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <assert.h>
#include <stddef.h>

void crash_here(void)
{
    const volatile int *answer = death_pointer(0);

    assert(answer != NULL);
}

int main(void)
{
    crash_outer();
    return 0;
}
