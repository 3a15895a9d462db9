/* A filter that ends the thread that makes a call: the only one, and so the
 * process. Context: tool. */
#include <unistd.h>

#include "tests/zoo/deaths/sandbox.h"

int main(void)
{
    static const uint32_t calls[] = {SYS_getppid};

    (void)alarm(6);
    if (sandbox_enter(calls, 1, SECCOMP_RET_KILL_THREAD) == 0)
        (void)getppid();
    return 1;
}
