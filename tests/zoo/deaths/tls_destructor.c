/* A crash in the destructor of a thread's value. Context: tool. */
#include <pthread.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    death_write(0x10);
}

static pthread_key_t key;

static void destroy(void *value)
{
    (void)value;
    crash_outer();
}

static void *run(void *unused)
{
    (void)pthread_setspecific(key, &key);
    return unused;
}

int main(void)
{
    pthread_t thread;

    if (pthread_key_create(&key, destroy) != 0 ||
        pthread_create(&thread, NULL, run, NULL) != 0)
        return 1;
    return pthread_join(thread, NULL);
}
