/* The program's handler calls abort, in two threads at once: none ends the
 * process while the other's crash is told. Context: tool. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "tests/zoo/deaths/death.h"

static pthread_barrier_t barrier;

static void handle(int number)
{
    (void)number;
    abort();
}

void crash_here(void)
{
    death_write(0x10);
}

static void *crash_with_the_other(void *unused)
{
    (void)pthread_barrier_wait(&barrier);
    crash_outer();
    return unused;
}

int main(void)
{
    pthread_t thread;

    (void)signal(SIGSEGV, handle);
    if (pthread_barrier_init(&barrier, NULL, 2) != 0 ||
        pthread_create(&thread, NULL, crash_with_the_other, NULL) != 0)
        return 1;
    (void)crash_with_the_other(NULL);
    return 0;
}
