/* A daemon that gave up root, and went to the background afterwards. Context:
 * tool. */
#include <sys/types.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    if (setgid(65534) != 0 || setuid(65534) != 0)
        return 1;
    pid_t child = fork();

    if (child == 0) {
        (void)setsid();
        crash_outer();
    }
    return child < 0;
}
