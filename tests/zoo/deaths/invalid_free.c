/* Frees what malloc never gave. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <stdlib.h>

void crash_here(void)
{
    static char data[64];
    char *volatile block = data + 8;

    free(block);
}

int main(void)
{
    crash_outer();
    return 0;
}
