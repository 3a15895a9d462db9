/* The program's file is deleted while it runs (the zoo runs a copy). Context:
 * tool. */
#include <stddef.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(int argc, char **argv)
{
    if (argc > 0 && unlink(argv[0]) == 0)
        crash_outer();
    return 0;
}
