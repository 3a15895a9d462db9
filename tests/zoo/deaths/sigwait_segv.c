/* Takes a sent SIGSEGV by sigwait: no crash. Context: tool. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    int number = 0;
    sigset_t one;

    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGSEGV);
    (void)sigprocmask(SIG_BLOCK, &one, NULL);
    (void)kill(getpid(), SIGSEGV);
    (void)sigwait(&one, &number);
    printf("got %d\n", number);
    return 0;
}
