/*
 * All threads block all signals, and main takes a SIGSEGV that another process
 * sends, some time afterwards. Context: tool.
 */
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define TIMES   4

static void *idle(void *unused)
{
    for (;;)
        (void)pause();
    return unused;
}

static int take_one(pid_t sender)
{
    const struct timespec patience = {.tv_sec = 2};
    siginfo_t info;
    sigset_t one;

    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGSEGV);
    if (sigtimedwait(&one, &info, &patience) != SIGSEGV)
        return 1;
    return info.si_code <= 0 && info.si_pid == sender ? 0 : 2;
}

int main(void)
{
    pthread_t thread;
    sigset_t all;
    int wrong = 0;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_create(&thread, NULL, idle, NULL);
    for (int i = 0; i < TIMES && wrong == 0; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(kill(getppid(), SIGSEGV) == 0 ? 0 : 1);
        if (waitpid(child, NULL, 0) != child)
            return 3;
        wrong = take_one(child);
    }
    return wrong;
}
