/*
 * A fault where the stack has not grown further yet: the kernel makes room for
 * the program's handler, which recovers. Context: tool.
 */
#include "tests/zoo/deaths/death.h"

#include <alloca.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static sigjmp_buf back;

static void handler(int number)
{
    siglongjmp(back, number);
}

/* Where the mapping of the main stack begins now. */
static uintptr_t stack_begin(void)
{
    char line[512];
    unsigned long begin = 0;
    FILE *maps = fopen("/proc/self/maps", "r");

    while (maps && fgets(line, sizeof line, maps)) {
        if (strstr(line, "[stack]"))
            (void)sscanf(line, "%lx", &begin);
    }
    if (maps)
        (void)fclose(maps);
    return begin;
}

void crash_here(void)
{
    uintptr_t begin = stack_begin();
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    volatile char *room = alloca(here - begin - 512);

    *room = 1; /* the mapping's first page, and no byte below */
    death_write(0x10);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};

    (void)sigaction(SIGSEGV, &action, NULL);
    if (sigsetjmp(back, 1) == 0)
        crash_outer();
    (void)!write(1, "recovered\n", 10);
    return 0;
}
