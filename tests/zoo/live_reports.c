/*
 * A thread asks for a report, whose dumper stands still (fake_dumper.c), and
 * then the program does what it is told: crash, or fork a child that crashes
 * (and say how long that took), or annotate and ask beside it (and say whether
 * the thread had its answer by then), or ask once more. Context: tool.
 */
#include "handler/inquest.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t asking; /* the thread that asks */
static int answered;

static void *ask(void *unused)
{
    (void)unused;
    __atomic_store_n(&asking, gettid(), __ATOMIC_RELEASE);
    (void)inquest_detection("malware.example", "192.0.2.66");
    __atomic_store_n(&answered, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* Whether the asking thread has a child: what stands between it and the
 * dumper. */
static int is_under_way(void)
{
    char path[64];
    char line[64] = "";
    pid_t tid = __atomic_load_n(&asking, __ATOMIC_ACQUIRE);

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)tid);
    FILE *file = tid == 0 ? NULL : fopen(path, "r");
    if (!file)
        return 0;
    char *read = fgets(line, sizeof line, file);
    (void)fclose(file);
    return read && line[0] != '\0';
}

static long now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fork_and_crash(void)
{
    long begin = now_ms();
    int status = 0;

    pid_t child = fork();
    if (child == 0)
        __builtin_trap();
    if (waitpid(child, &status, 0) == child)
        printf("%d %ld\n", WTERMSIG(status), now_ms() - begin);
}

/* What each call answered, and whether the thread had its answer then. */
static void call_beside(void)
{
    printf("%d", inquest_annotate("colour", "blue"));
    printf(" %d", __atomic_load_n(&answered, __ATOMIC_ACQUIRE));
    long begin = now_ms();
    printf(" %d", inquest_detection("malware.example", "192.0.2.67"));
    printf(" %ld\n", now_ms() - begin);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    pthread_t thread;

    if (pthread_create(&thread, NULL, ask, NULL) != 0)
        return 1;
    while (!is_under_way())
        (void)sched_yield();
    if (strcmp(what, "crash") == 0)
        __builtin_trap();
    if (strcmp(what, "fork") == 0) {
        fork_and_crash();
        (void)fflush(stdout);
        _exit(0);
    }
    if (strcmp(what, "beside") == 0) {
        call_beside();
        (void)pthread_join(thread, NULL);
        return fflush(stdout);
    }
    long begin = now_ms();
    (void)pthread_join(thread, NULL);
    printf("%ld", now_ms() - begin);
    begin = now_ms();
    printf(" %d", inquest_detection("malware.example", "192.0.2.67"));
    printf(" %ld\n", now_ms() - begin);
    return fflush(stdout);
}
