/* 31 named threads wait, the main thread dies. Context: tool. */
#include <pthread.h>
#include <stdio.h>

#define THREADS 31

static pthread_barrier_t ready;

static void *wait_for_ever(void *name)
{
    pthread_setname_np(pthread_self(), name);
    pthread_barrier_wait(&ready);
    for (;;)
        pthread_barrier_wait(&ready); /* the main thread never comes */
}

int main(void)
{
    static char names[THREADS][16];
    pthread_t thread;

    if (pthread_barrier_init(&ready, NULL, THREADS + 1) != 0)
        return 1;
    for (int i = 0; i < THREADS; i++) {
        (void)snprintf(names[i], sizeof names[i], "worker-%d", i);
        if (pthread_create(&thread, NULL, wait_for_ever, names[i]) != 0)
            return 1;
    }
    pthread_barrier_wait(&ready);
    *(volatile int *)0 = 1;
    return 0;
}
