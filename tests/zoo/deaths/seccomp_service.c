/*
 * As a service of systemd's with a denying SystemCallFilter, which kills: of
 * @debug, @ipc and @resources what touches the dumping of a process. A second
 * thread stands by, which cannot be stopped. Context: tool.
 */
#include "tests/zoo/deaths/beside_thread.h"

void crash_here(void)
{
    death_write(0x10);
}

int main(int argc, char **argv)
{
    static const uint32_t calls[] = {
        SYS_ptrace,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_pidfd_getfd,
        SYS_memfd_create,
        SYS_pipe2,
        SYS_pipe,
        SYS_process_madvise,
        SYS_sched_setaffinity,
        SYS_sched_setattr,
        SYS_sched_setparam,
        SYS_sched_setscheduler,
        SYS_setpriority,
        SYS_ioprio_set,
        SYS_setrlimit,
        SYS_perf_event_open,
        SYS_semget,
        SYS_shmget,
    };

    return crash_when_filtered(argc, argv, calls, sizeof calls / sizeof *calls,
                               SECCOMP_RET_KILL_PROCESS);
}
