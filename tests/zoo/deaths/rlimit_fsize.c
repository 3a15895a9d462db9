/* No file may grow. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <sys/resource.h>

void crash_here(void)
{
    struct rlimit limit = {0, 0};

    (void)setrlimit(RLIMIT_FSIZE, &limit);
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
