/* Ends its only thread by a system call that libc does not see, in a child
 * under a filter that was there before, too. Context: tool. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/sandbox.h"

static void end_thread(int status)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_exit), "D"(status)
                     : "rcx", "r11", "memory");
}

/* Starts this program once more, where getppid ends the thread. */
static void run_filtered(char *program)
{
    static const uint32_t calls[] = {SYS_getppid};
    char *const again[] = {program, "again", NULL};

    if (sandbox_enter(calls, 1, SECCOMP_RET_KILL_THREAD) == 0)
        (void)execv(program, again);
    _exit(1);
}

int main(int argc, char **argv)
{
    int status = 0;

    (void)alarm(6);
    if (argc > 1)
        return getppid() == 0;
    if (fork() == 0)
        run_filtered(argv[0]);
    (void)wait(&status);
    (void)printf("killed by %d\n", WTERMSIG(status));
    (void)fflush(stdout);
    end_thread(3);
    return 1;
}
