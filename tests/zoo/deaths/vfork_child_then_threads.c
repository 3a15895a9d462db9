/* A vfork child crashes, then all threads of its parent at once. Context: tool.
 */
#include <pthread.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

#define THREADS 8

static pthread_barrier_t barrier;

void crash_here(void)
{
    death_write(0x10);
}

static void *run(void *unused)
{
    (void)pthread_barrier_wait(&barrier);
    crash_outer();
    return unused;
}

int main(void)
{
    pthread_t thread;
    int status = 0;
    pid_t child = vfork();

    if (child == 0)
        crash_outer();
    if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
        return 1;
    (void)pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_create(&thread, NULL, run, NULL);
    (void)run(NULL);
    return 0;
}
