/* glibc's assertion about an error number. Context: tool. */
#include <assert.h>
#include <errno.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    volatile int error = ENOENT;

    assert_perror(error);
}

int main(void)
{
    crash_outer();
    return 0;
}
