/* Runs crash_outer in a thread of its own. Context: tool. */
#ifndef INQUEST_TESTS_ZOO_THREAD_H
#define INQUEST_TESTS_ZOO_THREAD_H

#include <pthread.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

static void *thread_crash(void *unused)
{
    (void)unused;
    (void)pthread_setname_np(pthread_self(), "crasher");
    crash_outer();
    return NULL;
}

/* stack_bytes 0: the default. */
static inline int thread_run(size_t stack_bytes)
{
    pthread_t thread;
    pthread_attr_t attributes;

    (void)pthread_attr_init(&attributes);
    if (stack_bytes > 0)
        (void)pthread_attr_setstacksize(&attributes, stack_bytes);
    if (pthread_create(&thread, &attributes, thread_crash, NULL) != 0)
        return 1;
    return pthread_join(thread, NULL);
}

#endif
