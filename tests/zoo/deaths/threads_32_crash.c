/* 32 threads crash at the same moment. Context: tool. */
#include <pthread.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

#define THREADS 32

static pthread_barrier_t barrier;

void crash_here(void)
{
    death_write(0x10);
}

static void *crash(void *unused)
{
    (void)pthread_barrier_wait(&barrier);
    crash_outer();
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];

    (void)pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_create(&threads[i], NULL, crash, NULL);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    return 0;
}
