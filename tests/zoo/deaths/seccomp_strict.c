/* Strict mode: read, write, exit and sigreturn only. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

void crash_here(void)
{
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0)
        death_write(0x10);
}

int main(void)
{
    crash_outer();
    return 0;
}
