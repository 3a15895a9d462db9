/* Another file takes the program's name while it runs (the zoo runs a copy), as
 * in an upgrade. Context: tool. */
#include <stdio.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(int argc, char **argv)
{
    char other[4096];

    if (argc < 1 || snprintf(other, sizeof other, "%s.new", argv[0]) < 0 ||
        symlink("/bin/true", other) < 0 || rename(other, argv[0]) < 0)
        return 1;
    crash_outer();
    return 0;
}
