/* Children of our own kind. Context: tool. */
#include "reporter/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/base/io.h"

#define DETACHED_PIPE_FD 3

/* The signal mask we were started with is nothing to hand on. */
static void unblock_all(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int tool_output(char *const argv[], char *buffer, size_t capacity)
{
    int pipe_fd[2];
    size_t size = 0;
    int status = 0;

    if (pipe2(pipe_fd, O_CLOEXEC) < 0)
        return -errno;
    OWNED_FD read_fd = pipe_fd[0];
    OWNED_FD write_fd = pipe_fd[1];
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        unblock_all();
        dup2(write_fd, STDOUT_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    fd_close(&write_fd);
    DROP(io_read_all(read_fd, buffer, capacity - 1, &size)); /* what fits */
    buffer[size] = '\0';
    fd_close(&read_fd);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -EPROTO;
}

static _Noreturn void be_detached(char *const argv[], int pipe_fd)
{
    setsid();
    if (fork() != 0)
        _exit(0);
    unblock_all();
    int null_fd = open("/dev/null", O_RDWR);
    int kept = dup2(pipe_fd, DETACHED_PIPE_FD);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(null_fd, fd);
    close_range((unsigned)kept + 1, ~0u, 0);
    DROP(chdir("/")); /* hold no file system */
    execv(argv[0], argv);
    _exit(127);
}

int tool_detach(char *const argv[], int *ret_fd)
{
    int pipe_fd[2];

    if (pipe2(pipe_fd, O_CLOEXEC) < 0)
        return -errno;
    OWNED_FD read_fd = pipe_fd[0];
    OWNED_FD write_fd = pipe_fd[1];
    /* Above the three, so that they can be replaced first. */
    int r = fd_move_above(&write_fd, DETACHED_PIPE_FD + 1);
    if (r < 0)
        return r;
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        be_detached(argv, write_fd);
    (void)waitpid(pid, NULL, 0); /* the middle one ends at once */
    if (ret_fd)
        *ret_fd = fd_take(&read_fd);
    return 0;
}
