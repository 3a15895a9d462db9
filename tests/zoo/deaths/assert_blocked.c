/* An assertion in a thread that blocks all signals, which libc's abort leaves
 * so from 2.41 on. Context: tool. */
#undef NDEBUG
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include "tests/zoo/deaths/death.h"

void crash_here(void)
{
    assert(!"this is the reason");
}

static void *run(void *unused)
{
    crash_outer();
    return unused;
}

int main(void)
{
    pthread_t thread;
    sigset_t all;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    (void)pthread_create(&thread, NULL, run, NULL);
    (void)pthread_join(thread, NULL);
    return 0;
}
