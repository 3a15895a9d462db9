/* Calls abort(). Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdlib.h>

void crash_here(void)
{
    abort();
}

int main(void)
{
    crash_outer();
    return 0;
}
