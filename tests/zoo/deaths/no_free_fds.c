/* No descriptor is free. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <fcntl.h>
#include <sys/resource.h>

void crash_here(void)
{
    struct rlimit limit = {64, 64};

    (void)setrlimit(RLIMIT_NOFILE, &limit);
    while (open("/dev/null", O_RDONLY) >= 0)
        continue;
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
