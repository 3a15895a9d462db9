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
    void *volatile block = malloc(BIG_BYTES);
    void *volatile fence = malloc(64);

    free(block);
    /* bk of the free block (its second word): the next malloc follows it. */
    *(volatile uintptr_t *)death_pointer((uintptr_t)block + 8) = 0x1000;
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
