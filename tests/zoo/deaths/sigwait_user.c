/* Takes SIGABRT by sigwait: no crash. Context: tool. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    int number = 0;
    sigset_t one;

    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGABRT);
    (void)sigprocmask(SIG_BLOCK, &one, NULL);
    (void)kill(getpid(), SIGABRT);
    (void)sigwait(&one, &number);
    printf("got %d\n", number);
    return 0;
}
