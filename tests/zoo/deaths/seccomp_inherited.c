/* As in a container: the filter was there before the program, and refuses
 * ptrace and process_vm_readv to whoever it starts. A second thread stands by,
 * which cannot be stopped. Context: tool. */
#include "tests/zoo/deaths/death.h"

#include "tests/zoo/deaths/sandbox.h"

#include <errno.h>
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
    static const uint32_t calls[] = {SYS_ptrace, SYS_process_vm_readv};
    char *const again[] = {argv[0], "again", NULL};

    if (argc < 2) {
        if (sandbox_enter(calls, sizeof calls / sizeof *calls,
                          SECCOMP_RET_ERRNO | EPERM) == 0)
            (void)execv(argv[0], again);
        return 1;
    }
    return crash_beside_a_thread();
}
