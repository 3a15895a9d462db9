/* Forks where a filter that was there before kills whoever asks how or where it
 * is scheduled. Context: tool. */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/sandbox.h"

int main(int argc, char **argv)
{
    static const uint32_t calls[] = {
        SYS_sched_getscheduler, SYS_sched_getparam, SYS_sched_getattr,
        SYS_sched_setaffinity,  SYS_getcpu,
    };
    char *const again[] = {argv[0], "again", NULL};
    int status = 0;

    if (argc == 1 && sandbox_enter(calls, sizeof calls / sizeof *calls,
                                   SECCOMP_RET_KILL_PROCESS) == 0)
        (void)execv(argv[0], again);
    if (argc == 1)
        return 1;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}
