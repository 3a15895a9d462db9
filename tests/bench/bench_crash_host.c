/*
 * The program that bench_crash.py crashes: N threads, 30 frames deep; or, for
 * "hold", one that waits for the end of its input. Context: tool.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEPTH 30

static pthread_barrier_t ready;

static __attribute__((noipa)) void descend(int depth, void (*bottom)(void))
{
    if (depth == 0)
        bottom();
    else
        descend(depth - 1, bottom);
    __asm__ volatile("" ::: "memory");
}

static void wait_for_ever(void)
{
    pthread_barrier_wait(&ready);
    for (;;)
        pause();
}

static void *thread_main(void *unused)
{
    (void)unused;
    descend(DEPTH, wait_for_ever);
    return NULL;
}

static void fault(void)
{
    struct timespec now;

    pthread_barrier_wait(&ready);
    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
    fflush(stdout);
    *(volatile int *)0 = 1;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;

    if (argc > 1 && strcmp(argv[1], "hold") == 0) {
        puts("ready");
        fflush(stdout);
        return getchar() == EOF ? 0 : 1;
    }
    if (threads < 1 || pthread_barrier_init(&ready, NULL, (unsigned)threads))
        return 1;
    for (int i = 1; i < threads; i++) {
        if (pthread_create(&thread, NULL, thread_main, NULL) != 0)
            return 1;
    }
    descend(DEPTH, fault);
    return 0;
}
