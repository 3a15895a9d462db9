/* Handlers of pthread_atfork change the mask of the thread that forks: what
 * they block stays blocked in parent and child, and they see what the program
 * has blocked and nothing else, as do the threads that they make.
 * Context: tool. */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static bool wrong;

/* Whether exactly these are blocked, up to the first 0. */
static void expect(const int *signals)
{
    sigset_t mask;

    (void)pthread_sigmask(SIG_BLOCK, NULL, &mask);
    for (int number = 1; number < NSIG; number++) {
        bool wanted = false;
        for (const int *at = signals; *at; at++)
            wanted = wanted || *at == number;
        wrong = wrong || wanted != (sigismember(&mask, number) == 1);
    }
}

static void change(int how, int number)
{
    sigset_t one;

    (void)sigemptyset(&one);
    (void)sigaddset(&one, number);
    (void)pthread_sigmask(how, &one, NULL);
}

/* As who wants to be alone for a moment. */
static void block_all_and_put_back(void)
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void prepare(void)
{
    expect((const int[]){SIGHUP, SIGINT, 0});
    block_all_and_put_back();
    expect((const int[]){SIGHUP, SIGINT, 0});
    change(SIG_BLOCK, SIGUSR1);
}

static void *expect_all_three(void *nothing)
{
    expect((const int[]){SIGHUP, SIGINT, SIGUSR1, 0});
    return nothing;
}

static void *expect_none(void *nothing)
{
    expect((const int[]){0});
    return nothing;
}

static void make_threads(void)
{
    sigset_t none;
    pthread_t heir;
    pthread_t own;
    pthread_attr_t attributes;

    (void)sigemptyset(&none);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setsigmask_np(&attributes, &none);
    if (pthread_create(&heir, NULL, expect_all_three, NULL) != 0 ||
        pthread_join(heir, NULL) != 0 ||
        pthread_create(&own, &attributes, expect_none, NULL) != 0 ||
        pthread_join(own, NULL) != 0)
        wrong = true;
}

static void in_parent(void)
{
    expect((const int[]){SIGHUP, SIGINT, SIGUSR1, 0});
    make_threads();
    change(SIG_UNBLOCK, SIGHUP);
    change(SIG_BLOCK, SIGTERM);
    block_all_and_put_back();
}

static void in_child(void)
{
    sigset_t mask;

    expect((const int[]){SIGHUP, SIGINT, SIGUSR1, 0});
    make_threads();
    (void)sigemptyset(&mask);
    (void)sigaddset(&mask, SIGALRM);
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    change(SIG_BLOCK, SIGWINCH);
}

static void *wait_long(void *nothing)
{
    (void)pause();
    return nothing;
}

int main(void)
{
    int status = 0;
    pthread_t thread;

    change(SIG_BLOCK, SIGHUP);
    change(SIG_BLOCK, SIGINT);
    if (pthread_create(&thread, NULL, wait_long, NULL) != 0 ||
        pthread_atfork(prepare, in_parent, in_child) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        expect((const int[]){SIGALRM, SIGWINCH, 0});
        _exit(wrong);
    }
    expect((const int[]){SIGINT, SIGUSR1, SIGTERM, 0});
    if (waitpid(child, &status, 0) != child || status != 0)
        return 2;
    return wrong ? 3 : 0;
}
