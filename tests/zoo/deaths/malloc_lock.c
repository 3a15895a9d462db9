/* A crash inside malloc, with the lock of the arena held. Context: tool. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

#define BIG_BYTES (8u << 10) /* no tcache, no fast bin */

static void *idle(void *unused)
{
    for (;;)
        (void)pause();
    return unused;
}

void crash_here(void)
{
    uintptr_t *volatile block = malloc(BIG_BYTES);
    void *volatile fence = malloc(64);

    free((void *)block);
    block[1] = 0x10; /* bk of the free block, read by the next malloc */
    fence = malloc(2 * BIG_BYTES);
    (void)fence;
}

int main(void)
{
    pthread_t thread;

    /* With a second thread malloc takes its locks. */
    if (pthread_create(&thread, NULL, idle, NULL) == 0)
        crash_outer();
    return 0;
}
