/* What only a process with one thread may unshare. Context: tool. */
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TIMES 500 /* a thread is in the process a little after its join */

int main(void)
{
    for (int i = 0; i < TIMES; i++) {
        if (unshare(CLONE_THREAD) < 0)
            return 1;
    }
    return syscall(SYS_unshare, CLONE_THREAD) < 0 ? 2 : 0;
}
