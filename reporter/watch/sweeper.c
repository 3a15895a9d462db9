/* A process a sweep. Context: tool. */
#include "reporter/watch/sweeper.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "reporter/upload/seal_queue.h"
#include "reporter/watch/recover.h"

/* It alone has the other end of the pipe. */
static bool has_ended(const struct sweeper *sweeper, int wait_ms)
{
    struct pollfd end = {.fd = sweeper->ended_fd};

    return sweeper->ended_fd < 0 || poll(&end, 1, wait_ms) > 0;
}

void sweeper_start(pid_t child, void *context)
{
    struct sweeper *sweeper = context;
    pid_t supervisor = getpid();
    int pipe_fd[2];

    if (!has_ended(sweeper, 0))
        return;
    fd_close(&sweeper->ended_fd);
    if (pipe2(pipe_fd, O_CLOEXEC) < 0)
        return; /* the next one's */
    OWNED_FD read_fd = pipe_fd[0];
    OWNED_FD write_fd = pipe_fd[1];
    pid_t pid = fork();
    if (pid == 0) {
        (void)write_fd; /* open until this process ends */
        recover_dead_descendants(sweeper->home, supervisor, child);
        DROP(seal_queue(sweeper->home)); /* what is amiss the next one says */
        _exit(0);
    }
    if (pid > 0)
        sweeper->ended_fd = fd_take(&read_fd);
}

void sweeper_wait(struct sweeper *sweeper)
{
    while (!has_ended(sweeper, -1))
        ; /* EINTR */
    fd_close(&sweeper->ended_fd);
}
