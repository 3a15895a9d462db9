/*
 * A crash beside a thread that stands by, in a program that was started under a
 * seccomp filter. Context: tool.
 */
#ifndef INQUEST_TESTS_ZOO_BESIDE_THREAD_H
#define INQUEST_TESTS_ZOO_BESIDE_THREAD_H

#include <pthread.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"
#include "tests/zoo/deaths/sandbox.h"

static void *stand_by(void *barrier)
{
    (void)pthread_barrier_wait(barrier);
    for (;;)
        (void)pause();
    return NULL;
}

static inline int crash_beside_a_thread(void)
{
    static pthread_barrier_t barrier;
    pthread_t thread;

    if (pthread_barrier_init(&barrier, NULL, 2) != 0 ||
        pthread_create(&thread, NULL, stand_by, &barrier) != 0)
        return 1;
    (void)pthread_barrier_wait(&barrier);
    crash_outer();
    return 0;
}

/* Starts itself once more where verdict stands on calls[count]; then crashes.
 */
static inline int crash_when_filtered(int argc, char **argv,
                                      const uint32_t *calls, size_t count,
                                      uint32_t verdict)
{
    char *const again[] = {argv[0], "again", NULL};

    if (argc > 1)
        return crash_beside_a_thread();
    if (sandbox_enter(calls, count, verdict) == 0)
        (void)execv(argv[0], again);
    return 1;
}

#endif
