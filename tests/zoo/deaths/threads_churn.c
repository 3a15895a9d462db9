/* Threads come and go while another one crashes. Context: tool. */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

#define MAKERS 4
#define ROUNDS 20

static atomic_int made;

void crash_here(void)
{
    death_write(0x10);
}

static void *nothing(void *unused)
{
    return unused;
}

static void *make(void *unused)
{
    pthread_t thread;

    for (;;) {
        if (pthread_create(&thread, NULL, nothing, NULL) == 0)
            (void)pthread_join(thread, NULL);
        atomic_fetch_add(&made, 1);
    }
    return unused;
}

int main(void)
{
    pthread_t maker;

    for (int i = 0; i < MAKERS; i++)
        (void)pthread_create(&maker, NULL, make, NULL);
    while (atomic_load(&made) < ROUNDS) {
    }
    crash_outer();
    return 0;
}
