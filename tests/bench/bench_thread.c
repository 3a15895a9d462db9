/*
 * A library that does nothing but start a thread that sleeps: what a start with
 * a second thread costs, whatever that does. Context: guest.
 */
#include <pthread.h>
#include <unistd.h>

#define STACK_BYTES (128u << 10)

static void *sleeper(void *unused)
{
    for (;;)
        (void)pause();
    return unused;
}

__attribute__((constructor)) static void start(void)
{
    pthread_attr_t attributes;
    pthread_t thread;

    if (pthread_attr_init(&attributes) != 0)
        return;
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    (void)pthread_create(&thread, &attributes, sleeper, NULL);
}
