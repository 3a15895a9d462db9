/* No descriptor may have the number that the dumper is given. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <sys/resource.h>

void crash_here(void)
{
    struct rlimit limit = {3, 3};

    (void)setrlimit(RLIMIT_NOFILE, &limit);
    death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
