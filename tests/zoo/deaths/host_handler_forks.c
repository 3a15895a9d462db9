/*
 * A handler starts a debugger in a child, and there is none: the child's exit
 * is no second crash. Context: tool.
 */
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

static void handle(int number)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)execl("/nonexistent/debugger", "debugger", (char *)NULL);
        _exit(1);
    }
    if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 1)
        _exit(2);
    (void)signal(number, SIG_DFL);
}

int main(void)
{
    (void)signal(SIGSEGV, handle);
    crash_outer();
    return 0;
}
