/* A thread of the program's own has the name of our sampler. Context: tool. */
#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

static pthread_barrier_t named;

static void *stay(void *unused)
{
    (void)prctl(PR_SET_NAME, "inquest");
    (void)pthread_barrier_wait(&named);
    for (;;)
        (void)pause();
    return unused;
}

void crash_here(void)
{
    death_write(0x10);
}

int main(void)
{
    pthread_t thread;

    if (pthread_barrier_init(&named, NULL, 2) != 0 ||
        pthread_create(&thread, NULL, stay, NULL) != 0)
        return 1;
    (void)pthread_barrier_wait(&named);
    crash_outer();
    return 0;
}
