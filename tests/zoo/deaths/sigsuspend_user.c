/* Blocks a fault signal and takes it in a wait that lets it through: the
 * program's handler runs once in each, and no crash is told. Context: tool. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t handled;
static sigset_t empty;
static const struct timespec second = {1, 0};

static void handle(int number)
{
    (void)number;
    handled = handled + 1;
}

static int by_sigsuspend(void)
{
    return sigsuspend(&empty);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static int by_sigpause(void)
{
    return sigpause(SIGTRAP);
}

static int by_ppoll(void)
{
    return ppoll(NULL, 0, &second, &empty);
}

static int by_pselect(void)
{
    return pselect(0, NULL, NULL, NULL, &second, &empty);
}

static int by_epoll(void)
{
    struct epoll_event event;
    int fd = epoll_create1(EPOLL_CLOEXEC);

    return epoll_pwait(fd, &event, 1, 1000, &empty);
}

static int by_epoll2(void)
{
    struct epoll_event event;
    int fd = epoll_create1(EPOLL_CLOEXEC);

    return epoll_pwait2(fd, &event, 1, &second, &empty);
}

/* One that is sent while it is blocked comes in the wait. */
static void wait_for_trap(const char *name, int (*wait)(void))
{
    int before = handled;

    (void)kill(getpid(), SIGTRAP);
    int kept_back = handled == before;
    int r = wait();
    printf("%s %d: %s, kept back %d, handled %d\n", name, r,
           errno == EINTR ? "interrupted" : "?", kept_back, handled - before);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handle};
    sigset_t trap;

    (void)alarm(10);
    (void)sigemptyset(&empty);
    (void)sigemptyset(&trap);
    (void)sigaddset(&trap, SIGTRAP);
    (void)sigaction(SIGTRAP, &action, NULL);
    (void)sigprocmask(SIG_BLOCK, &trap, NULL);
    wait_for_trap("sigsuspend", by_sigsuspend);
    wait_for_trap("sigpause", by_sigpause);
    wait_for_trap("ppoll", by_ppoll);
    wait_for_trap("pselect", by_pselect);
    wait_for_trap("epoll_pwait", by_epoll);
    wait_for_trap("epoll_pwait2", by_epoll2);
    return handled == 6 ? 0 : 1;
}
