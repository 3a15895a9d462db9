/* As in a container: the filter was there before the program, and refuses
 * ptrace and process_vm_readv to whoever it starts. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include "tests/zoo/deaths/sandbox.h"

#include <errno.h>
#include <unistd.h>

void crash_here(void)
{
    death_write(0x10);
}

int main(int argc, char **argv)
{
    static const uint32_t calls[] = {SYS_ptrace, SYS_process_vm_readv};
    char *const again[] = {argv[0], "again", NULL};

    if (argc < 2) {
        if (sandbox_enter(calls, sizeof calls / sizeof *calls,
                          SECCOMP_RET_ERRNO | EPERM) == 0)
            (void)execv(argv[0], again);
        return 1;
    }
    crash_outer();
    return 0;
}
