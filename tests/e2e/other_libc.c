/* Lives with musl: a thread, a handler that is left by siglongjmp, a child.
 * Context: tool. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS 3

static sigjmp_buf before;

static void leave(int number)
{
    (void)number;
    siglongjmp(before, 1);
}

static void *say(void *unused)
{
    puts("thread");
    return unused;
}

int main(void)
{
    struct sigaction action = {.sa_handler = leave};
    pthread_attr_t attributes;
    pthread_t thread;

    if (pthread_attr_init(&attributes) != 0 ||
        pthread_create(&thread, &attributes, say, NULL) != 0 ||
        pthread_join(thread, NULL) != 0 ||
        sigaction(SIGSEGV, &action, NULL) < 0)
        return 1;
    if (sigsetjmp(before, 1) == 0)
        (void)raise(SIGSEGV);
    puts("caught");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return waitpid(child, NULL, 0) == child ? STATUS : 1;
}
