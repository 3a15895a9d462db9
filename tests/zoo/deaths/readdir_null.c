/* readdir of no directory. Context: tool. */
#include <dirent.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    DIR *volatile directory = NULL;

    (void)readdir(directory);
}

int main(void)
{
    crash_outer();
    return 0;
}
