/* Who gives up root by the bare system call does so for one thread: ours sees
 * it and ends. Context: tool. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/zoo/deaths/left_behind.h"

#define WAITS 3000 /* of 10 ms: ours looks each 10 s */

int main(void)
{
    struct timespec pause = {0, 10000000};

    if (syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) != 0)
        return 1;
    for (int i = 0; i < WAITS; i++) {
        if (threads_left_behind() == 0)
            return 0;
        (void)nanosleep(&pause, NULL);
    }
    return 2;
}
