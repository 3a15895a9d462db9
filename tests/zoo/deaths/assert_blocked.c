/* An assertion in a thread that blocks all signals, which libc's abort leaves
 * so from 2.41 on. Context: tool. */
#include "tests/zoo/deaths/asserting.h"
#include "tests/zoo/deaths/thread.h"

int main(void)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    return thread_run(0);
}
