/* As in a container: the filter was there before the program, and refuses
 * ptrace and process_vm_readv to whoever it starts. A second thread stands by,
 * which cannot be stopped. Context: tool. */
#include "tests/zoo/deaths/beside_thread.h"

#include <errno.h>

void crash_here(void)
{
    death_write(0x10);
}

int main(int argc, char **argv)
{
    static const uint32_t calls[] = {SYS_ptrace, SYS_process_vm_readv};

    return crash_when_filtered(argc, argv, calls, sizeof calls / sizeof *calls,
                               SECCOMP_RET_ERRNO | EPERM);
}
