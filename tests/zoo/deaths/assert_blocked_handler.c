/* The same where SIGABRT has a handler: it runs only where libc's abort
 * unblocks it first. Context: tool. */
#undef NDEBUG
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "tests/zoo/deaths/death.h"

static void handle(int number)
{
    (void)number;
    (void)!write(1, "caught\n", 7);
}

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

    (void)signal(SIGABRT, handle);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    (void)pthread_create(&thread, NULL, run, NULL);
    (void)pthread_join(thread, NULL);
    return 0;
}
