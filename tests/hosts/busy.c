/*
 * dup2 onto a number that another thread is just being given: it opens a pipe,
 * which another process opens at the very moment. Ends with 1 where that was
 * EBUSY. busy PIPE. Context: tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *path;
static volatile int tid;

static void *open_pipe(void *unused)
{
    (void)unused;
    tid = (int)syscall(SYS_gettid);
    (void)open(path, O_RDONLY | O_CLOEXEC);
    return NULL;
}

/* The other process: opens the pipe when it is told. */
static pid_t start_other(int *ret_tell)
{
    int ends[2];
    char byte;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    pid_t other = fork();
    if (other == 0) {
        if (read(ends[0], &byte, 1) == 1)
            (void)open(path, O_WRONLY);
        _exit(0);
    }
    *ret_tell = ends[1];
    return other;
}

/* Until the thread sleeps where it opens the pipe. */
static void wait_asleep(void)
{
    char name[64];
    char text[256] = "";

    while (tid == 0)
        ;
    (void)snprintf(name, sizeof name, "/proc/self/task/%d/syscall", tid);
    while (strncmp(text, "257 ", 4) != 0) { /* openat */
        FILE *file = fopen(name, "r");
        if (!file || !fgets(text, sizeof text, file))
            text[0] = '\0';
        if (file)
            (void)fclose(file);
    }
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int tell = -1;

    if (argc != 2)
        return 2;
    path = argv[1];
    pid_t other = start_other(&tell);
    int number = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (other < 0 || number < 0)
        return 2;
    (void)close(number);
    if (pthread_create(&thread, NULL, open_pipe, NULL) != 0)
        return 2;
    wait_asleep();
    (void)write(tell, "x", 1);
    int r = dup2(STDIN_FILENO, number);
    int busy = r < 0 && errno == EBUSY;
    (void)pthread_join(thread, NULL);
    (void)waitpid(other, NULL, 0);
    return busy ? 1 : r == number ? 0 : 2;
}
