/* The image changes, then it crashes. Context: tool. */
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(int argc, char **argv)
{
    char again[] = "again";
    char *arguments[] = {argv[0], again, NULL};

    if (argc > 1 && strcmp(argv[1], "again") == 0)
        crash_outer();
    (void)execv("/proc/self/exe", arguments);
    return 1;
}
