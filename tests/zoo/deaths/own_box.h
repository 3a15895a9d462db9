/* The box, as any of the program's memory: to do something to it, then divide
 * by zero. Context: tool. */
#ifndef INQUEST_TESTS_ZOO_OWN_BOX_H
#define INQUEST_TESTS_ZOO_OWN_BOX_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/zoo/deaths/death.h"

static inline void crash_after(void (*harm)(void *begin, size_t size))
{
    char line[512];
    volatile int zero = 0;
    volatile int one = 1;
    FILE *maps = fopen("/proc/self/maps", "r");

    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long begin = 0;
        unsigned long end = 0;
        if (strstr(line, ".box") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
            harm((void *)begin, end - begin);
    }
    if (maps)
        (void)fclose(maps);
    one /= zero;
}

#endif
