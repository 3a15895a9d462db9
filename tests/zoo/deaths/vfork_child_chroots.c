/* A vfork child goes into a jail; its parent, which did not, crashes. Context:
 * tool. */
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    int status = 0;
    pid_t child = vfork();

    if (child == 0)
        _exit(chroot("/tmp") == 0 ? 0 : 1);
    if (waitpid(child, &status, 0) != child || status != 0)
        return 1;
    crash_outer();
    return 0;
}
