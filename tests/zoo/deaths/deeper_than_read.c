/* A null write below more levels than are read. Context: tool. */
#include <pthread.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

#define LEVELS      3000000
#define STACK_BYTES (256u << 20)

LINK int descend(int left);
LINK int descend(int left)
{
    if (left == 0)
        death_write(0x10);
    return left > 0 ? descend(left - 1) + 1 : 0;
}

void crash_here(void)
{
    (void)descend(LEVELS);
}

static void *run(void *unused)
{
    crash_outer();
    return unused;
}

int main(void)
{
    pthread_attr_t large;
    pthread_t thread;

    if (pthread_attr_init(&large) != 0 ||
        pthread_attr_setstacksize(&large, STACK_BYTES) != 0 ||
        pthread_create(&thread, &large, run, NULL) != 0)
        return 1;
    (void)pthread_join(thread, NULL);
    return 0;
}
