/* Dies of SIGPIPE: no crash. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <unistd.h>

void crash_here(void)
{
    int ends[2];

    if (pipe(ends) < 0 || close(ends[0]) < 0)
        return;
    (void)!write(ends[1], "x", 1);
}

int main(void)
{
    crash_outer();
    return 0;
}
