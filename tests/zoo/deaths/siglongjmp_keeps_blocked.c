/*
 * Blocks a fault signal and others, and jumps within that: it stays blocked,
 * and the program is told so. Context: tool.
 */
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static sigjmp_buf before;

int main(void)
{
    sigset_t some;
    sigset_t one;
    sigset_t found;

    (void)sigemptyset(&some);
    (void)sigaddset(&some, SIGSEGV);
    (void)sigaddset(&some, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &some, NULL);
    if (sigsetjmp(before, 1) == 0) {
        (void)sigemptyset(&one);
        (void)sigaddset(&one, SIGUSR2);
        (void)sigprocmask(SIG_BLOCK, &one, NULL);
        siglongjmp(before, 1);
    }
    (void)raise(SIGSEGV);
    (void)sigpending(&found);
    if (sigismember(&found, SIGSEGV) != 1)
        return 1;
    (void)sigprocmask(SIG_BLOCK, NULL, &found);
    return sigismember(&found, SIGSEGV) && !sigismember(&found, SIGUSR2) ? 0
                                                                         : 2;
}
