/*
 * The program makes memory that is ours read-only, then divides by zero:
 * nothing can be told, and it dies as without us. Context: tool.
 */
#include "tests/zoo/deaths/death.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static void protect_box(void)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");

    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long begin = 0;
        unsigned long end = 0;
        if (strstr(line, ".box") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
            (void)mprotect((void *)begin, end - begin, PROT_READ);
    }
    if (maps)
        (void)fclose(maps);
}

void crash_here(void)
{
    volatile int zero = 0;
    volatile int one = 1;

    protect_box();
    one /= zero;
}

int main(void)
{
    crash_outer();
    return 0;
}
