/* A crash while another thread waits in vfork, where the kernel lets nobody
 * stop it: the rest is told in time. Context: tool. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

static atomic_int waiting;

static void *wait_in_vfork(void *unused)
{
    pid_t pid = vfork();

    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        atomic_store(&waiting, 1);
        for (;;)
            (void)pause();
    }
    return unused;
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, wait_in_vfork, NULL) != 0)
        return 1;
    while (!atomic_load(&waiting))
        (void)usleep(1000);
    crash_outer();
    return 0;
}
