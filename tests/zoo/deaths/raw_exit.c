/* Exits by the bare system call: no crash. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include <sys/syscall.h>
#include <unistd.h>

void crash_here(void)
{
    (void)syscall(SYS_exit_group, 7);
}

int main(void)
{
    crash_outer();
    return 0;
}
