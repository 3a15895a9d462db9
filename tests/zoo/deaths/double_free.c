/* Frees a block twice: glibc aborts. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdlib.h>

void crash_here(void)
{
    void *volatile block = malloc(32);

    free(block);
    free(block);
}

int main(void)
{
    crash_outer();
    return 0;
}
