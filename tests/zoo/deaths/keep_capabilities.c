/* A daemon that gave up root and kept a capability for a moment, which is its
 * first thread's alone. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

void crash_here(void)
{
    /* The capabilities stay permitted only, so the last call is refused; what
     * matters is that glibc's threads are of one mind about it. */
    if (prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L) == 0 &&
        setresuid(65534, 65534, 65534) == 0 &&
        (setresgid(65534, 65534, 65534) == 0 || getuid() == 65534))
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
