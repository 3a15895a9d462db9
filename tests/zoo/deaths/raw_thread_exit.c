/* Ends its only thread by the bare system call, which ends the process; so does
 * a child of it. Context: tool. */
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status = 0;

    (void)alarm(6);
    if (fork() == 0)
        (void)syscall(SYS_exit, 3);
    (void)wait(&status);
    (void)syscall(SYS_exit, WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    return 1;
}
