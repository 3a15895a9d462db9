/* The same where SIGABRT has a handler: it runs only where libc's abort
 * unblocks it first. Context: tool. */
#include <unistd.h>

#include "tests/zoo/deaths/asserting.h"
#include "tests/zoo/deaths/thread.h"

static void handle(int number)
{
    (void)number;
    (void)!write(1, "caught\n", 7);
}

int main(void)
{
    sigset_t all;

    (void)signal(SIGABRT, handle);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    return thread_run(0);
}
