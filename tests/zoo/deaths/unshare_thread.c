/* What only a process with one thread may unshare. Context: tool. */
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    if (unshare(CLONE_THREAD) < 0)
        return 1;
    return syscall(SYS_unshare, CLONE_THREAD) < 0 ? 2 : 0;
}
