/* Waits for a thread that never was. Context: tool. */
#include <pthread.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    volatile pthread_t thread = 16;

    (void)pthread_join(thread, NULL);
}

int main(void)
{
    crash_outer();
    return 0;
}
