/*
 * A program in the middle of everything: threads that wait in the kernel by
 * every usual way, timers, queued signals, children. It notices whatever is
 * not as it ought to be. Says "ready"; at the end of its standard input it
 * prints what it counted as JSON and exits with status 7. Only one thread
 * takes signals, so any EINTR elsewhere came from outside. Context: tool.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS         25
#define CHILD_STATUS    3
#define SIGNALS_AT_ONCE 500
#define EXIT_STATUS     7

static atomic_bool stop;
static atomic_ulong rounds, wrong, interrupted, signals, timers;

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void expect(bool right)
{
    rounds++;
    if (right)
        return;
    if (errno == EINTR) {
        interrupted++;
    } else {
        wrong++;
    }
}

/* Each waits once; true when that went as it should. */
static bool wait_sleep(void)
{
    struct timespec time = {0, WAIT_MS * 1000000L};

    return nanosleep(&time, NULL) == 0;
}

static bool wait_poll(void)
{
    return poll(NULL, 0, WAIT_MS) == 0;
}

/* All are there before it says "ready". */
static int epoll_fd;
static int ends[2];
static int numbers[2];
static pthread_barrier_t named;

static void be(const char *name)
{
    (void)pthread_setname_np(pthread_self(), name);
    (void)pthread_barrier_wait(&named);
}

static bool open_all(void)
{
    struct timeval time = {0, WAIT_MS * 1000};

    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    return epoll_fd >= 0 && pipe(numbers) == 0 &&
           socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 &&
           setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) ==
               0;
}

static bool wait_epoll(void)
{
    struct epoll_event event;

    return epoll_wait(epoll_fd, &event, 1, WAIT_MS) == 0;
}

static bool wait_signal(void)
{
    struct timespec time = {0, WAIT_MS * 1000000L};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return sigtimedwait(&set, NULL, &time) == -1 && errno == EAGAIN;
}

static bool wait_socket(void)
{
    char byte;

    return recv(ends[0], &byte, 1, 0) == -1 && errno == EAGAIN;
}

static bool wait_child(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)poll(NULL, 0, WAIT_MS);
        _exit(CHILD_STATUS);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == CHILD_STATUS;
}

struct waiter {
    const char *name;
    bool (*wait)(void);
    int least_ms; /* shorter is wrong */
};

static void *run_waiter(void *data)
{
    const struct waiter *waiter = data;

    be(waiter->name);
    while (!stop) {
        uint64_t begin = now_ms();
        errno = 0;
        bool right = waiter->wait();
        expect(right && now_ms() - begin + 1 >= (uint64_t)waiter->least_ms);
    }
    return NULL;
}

/* Two threads in turns, by a condition: a futex. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static unsigned long turn;

static void *run_futex(void *data)
{
    unsigned long mine = data ? 1 : 0;

    be(mine ? "futex-1" : "futex-0");
    pthread_mutex_lock(&mutex);
    while (!stop) {
        while (turn % 2 != mine && !stop)
            pthread_cond_wait(&cond, &mutex);
        turn++;
        pthread_cond_broadcast(&cond);
    }
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

/* One writes numbers in order, the other reads them: none lost, none twice. */

static void *run_writer(void *unused)
{
    (void)unused;
    be("writer");
    for (uint64_t i = 1; !stop; i++) {
        expect(write(numbers[1], &i, sizeof i) == sizeof i);
        (void)poll(NULL, 0, 1);
    }
    (void)close(numbers[1]);
    return NULL;
}

static void *run_reader(void *unused)
{
    uint64_t value = 0;
    ssize_t n;

    (void)unused;
    be("reader");
    for (uint64_t i = 1; (n = read(numbers[0], &value, sizeof value)) != 0; i++)
        expect(n == sizeof value && value == i);
    return NULL;
}

static void on_signal(int number, siginfo_t *info, void *unused)
{
    static int next;

    (void)unused;
    if (number == SIGALRM) {
        timers++;
        return;
    }
    if (info->si_value.sival_int != next++) /* in order, and each its own */
        wrong++;
    signals++;
}

/* Sends itself numbered signals; the only one that takes them. */
static void *run_signals(void *ret_sent)
{
    sigset_t none;
    unsigned long sent = 0;

    sigemptyset(&none);
    be("signals");
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    for (; !stop; sent++) {
        if (sigqueue(getpid(), SIGRTMIN,
                     (union sigval){.sival_int = (int)sent}))
            wrong++;
        if (sent % SIGNALS_AT_ONCE == 0) /* half its time something arrives */
            (void)poll(NULL, 0, 1);
    }
    *(unsigned long *)ret_sent = sent;
    return NULL;
}

static void start_timer(void)
{
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGALRM};
    struct itimerspec every = {{0, 5000000}, {0, 5000000}};
    timer_t timer;

    (void)sigaction(SIGALRM, &action, NULL);
    (void)sigaction(SIGRTMIN, &action, NULL);
    (void)timer_create(CLOCK_MONOTONIC, &event, &timer);
    (void)timer_settime(timer, 0, &every, NULL);
}

int main(void)
{
    static const struct waiter waiters[] = {
        {"sleep", wait_sleep, WAIT_MS},   {"poll", wait_poll, WAIT_MS},
        {"epoll", wait_epoll, WAIT_MS},   {"sigwait", wait_signal, WAIT_MS},
        {"socket", wait_socket, WAIT_MS}, {"child", wait_child, 0},
    };
    enum { WAITERS = sizeof waiters / sizeof *waiters, OTHERS = 5 };
    pthread_t threads[WAITERS + OTHERS];
    unsigned long sent = 0;
    size_t count = 0;
    sigset_t all;
    char byte;

    sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    start_timer();
    if (!open_all() ||
        pthread_barrier_init(&named, NULL, WAITERS + OTHERS + 1) != 0)
        return 1;
    for (size_t i = 0; i < WAITERS; i++)
        pthread_create(&threads[count++], NULL, run_waiter,
                       (void *)(uintptr_t)&waiters[i]);
    pthread_create(&threads[count++], NULL, run_futex, NULL);
    pthread_create(&threads[count++], NULL, run_futex, &stop);
    pthread_create(&threads[count++], NULL, run_writer, NULL);
    pthread_create(&threads[count++], NULL, run_reader, NULL);
    pthread_create(&threads[count++], NULL, run_signals, &sent);
    (void)pthread_barrier_wait(&named);
    (void)write(STDOUT_FILENO, "ready\n", 6);
    while (read(STDIN_FILENO, &byte, 1) > 0) /* in flight all the while */
        continue;
    stop = true;
    pthread_cond_broadcast(&cond);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("{\"rounds\": %lu, \"wrong\": %lu, \"interrupted\": %lu, \"sent\": "
           "%lu, \"signals\": %lu, \"timers\": %lu, \"turns\": %lu}\n",
           rounds, wrong, interrupted, sent, signals, timers, turn);
    return EXIT_STATUS;
}
