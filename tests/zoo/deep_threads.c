/*
 * argv[1] threads, each argv[2] frames deep, all but one waiting; then that one
 * crashes: the main thread, or with argv[3] the one that came last.
 * Context: tool.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

#define STACK_BYTES (16u << 20)

static pthread_barrier_t ready;
static int depth;

LINK int descend(int left, void (*bottom)(void));
LINK int descend(int left, void (*bottom)(void))
{
    if (left == 0)
        bottom();
    return left > 0 ? descend(left - 1, bottom) + 1 : 0;
}

LINK void wait_for_ever(void);
void wait_for_ever(void)
{
    (void)pthread_barrier_wait(&ready);
    for (;;)
        (void)pause();
}

void crash_here(void)
{
    (void)pthread_barrier_wait(&ready);
    death_write(0x10);
}

static void *run(void *crashes)
{
    (void)descend(depth, crashes ? crash_here : wait_for_ever);
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0;
    pthread_attr_t large;
    pthread_t thread;

    depth = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
    if (threads < 1 ||
        pthread_barrier_init(&ready, NULL, (unsigned)threads) != 0 ||
        pthread_attr_init(&large) != 0 ||
        pthread_attr_setstacksize(&large, STACK_BYTES) != 0)
        return 64;
    for (int i = 1; i < threads; i++) {
        void *crashes = argc > 3 && i == threads - 1 ? &ready : NULL;
        if (pthread_create(&thread, &large, run, crashes) != 0)
            return 1;
    }
    return descend(depth, argc > 3 ? wait_for_ever : crash_outer);
}
