/*
 * The program that bench_crash.py crashes: N threads, 30 frames deep, M MiB of
 * memory touched; with "wait" it stays where it would fault. For "hold" one
 * that waits for the end of its input. Context: tool.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static void stay(void)
{
    pthread_barrier_wait(&ready);
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}

static bool touch(long mib)
{
    return mib <= 0 || mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
                            0) != MAP_FAILED;
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
    if (threads < 1 || pthread_barrier_init(&ready, NULL, (unsigned)threads) ||
        !touch(argc > 2 ? strtol(argv[2], NULL, 10) : 0))
        return 1;
    for (int i = 1; i < threads; i++) {
        if (pthread_create(&thread, NULL, thread_main, NULL) != 0)
            return 1;
    }
    descend(DEPTH, argc > 3 ? stay : fault);
    return 0;
}
