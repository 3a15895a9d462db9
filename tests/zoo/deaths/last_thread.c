/* Main ends its thread, and the one that it made is the last. Context: tool. */
#include <pthread.h>
#include <stdio.h>

static pthread_t first;

static void *last(void *unused)
{
    (void)pthread_join(first, NULL);
    puts("last");
    return unused;
}

int main(void)
{
    pthread_t thread;

    first = pthread_self();
    if (pthread_create(&thread, NULL, last, NULL) != 0)
        return 1;
    pthread_exit(NULL);
}
