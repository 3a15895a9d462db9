/* fprintf to no stream. Context: tool. */
#include <stdio.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    FILE *volatile stream = NULL;

    (void)fprintf(stream, "%d\n", 1);
}

int main(void)
{
    crash_outer();
    return 0;
}
