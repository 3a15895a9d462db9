/*
 * Children of a bare clone change their identity, as those of a sandbox's
 * launcher do, while a thread of ours that was just started has not run: libc
 * has no thread to wait for there. Context: tool.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

#define CHILDREN 50

/* On one processor a new thread waits for its creator. */
void crash_here(void)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    (void)sched_setaffinity(0, sizeof one, &one);
}

static int change(void)
{
    gid_t group = getgid();

    return setgid(group) | setegid(group) | setregid(group, group) |
           setresgid(group, group, group) | setuid(getuid()) |
           seteuid(getuid()) | setreuid(getuid(), getuid()) |
           setresuid(getuid(), getuid(), getuid());
}

int main(void)
{
    int right = 0;
    int status = 0;

    crash_outer();
    for (int i = 0; i < CHILDREN; i++) {
        if (setgid(getgid()) != 0) /* ours is another one after that */
            return 1;
        long child = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
        if (child == 0)
            _exit(change() == 0 ? 7 : 1);
        if (waitpid((pid_t)child, &status, 0) == child && status == 7 << 8)
            right++;
    }
    printf("%d of %d\n", right, CHILDREN);
    return 0;
}
