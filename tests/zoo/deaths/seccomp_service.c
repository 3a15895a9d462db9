/*
 * As a service of systemd's with a denying SystemCallFilter, which kills: of
 * @debug, @ipc and @resources what touches the dumping of a process. A second
 * thread stands by, which cannot be stopped. Context: tool.
 */
#include "tests/zoo/deaths/death.h"

#include "tests/zoo/deaths/sandbox.h"

#include <pthread.h>
#include <unistd.h>

void crash_here(void)
{
    death_write(0x10);
}

static void *idle(void *barrier)
{
    (void)pthread_barrier_wait(barrier);
    for (;;)
        (void)pause();
    return NULL;
}

static int crash_beside_a_thread(void)
{
    static pthread_barrier_t barrier;
    pthread_t thread;

    if (pthread_barrier_init(&barrier, NULL, 2) != 0 ||
        pthread_create(&thread, NULL, idle, &barrier) != 0)
        return 1;
    (void)pthread_barrier_wait(&barrier);
    crash_outer();
    return 0;
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
    char *const again[] = {argv[0], "again", NULL};

    if (argc < 2) {
        if (sandbox_enter(calls, sizeof calls / sizeof *calls,
                          SECCOMP_RET_KILL_PROCESS) == 0)
            (void)execv(argv[0], again);
        return 1;
    }
    return crash_beside_a_thread();
}
