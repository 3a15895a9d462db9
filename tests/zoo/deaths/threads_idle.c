/* 31 threads wait while main crashes. Context: tool. */
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

#define THREADS 31

static pthread_barrier_t barrier;

void crash_here(void)
{
    death_write(0x10);
}

static void *idle(void *unused)
{
    (void)pthread_barrier_wait(&barrier);
    for (;;)
        (void)pause();
    return unused;
}

int main(void)
{
    pthread_t thread;

    (void)pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_create(&thread, NULL, idle, NULL);
    (void)pthread_barrier_wait(&barrier);
    crash_outer();
    return 0;
}
