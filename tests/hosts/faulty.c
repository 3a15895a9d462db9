/*
 * For a sanitizer to find: writes behind a block (address), or from two threads
 * at once (thread). Context: tool.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static int shared;

static void *count(void *unused)
{
    shared++;
    return unused;
}

int main(int argc, char **argv)
{
    const char *fault = argc > 1 ? argv[1] : "";
    volatile char *block = malloc(4);
    pthread_t thread;

    block[strcmp(fault, "address") == 0 ? 8 : 0] = 1;
    if (pthread_create(&thread, NULL, count, NULL) != 0)
        return 2;
    if (strcmp(fault, "thread") == 0)
        shared++;
    if (pthread_join(thread, NULL) != 0)
        return 2;
    free((void *)block);
    return 0;
}
