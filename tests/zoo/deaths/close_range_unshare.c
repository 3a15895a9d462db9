/*
 * Closes all descriptors in a table of its own: whoever reads a pipe of them
 * sees its end, since nobody else has it. Context: tool.
 */
#include <linux/close_range.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_MS 2000

static int wait_for_end(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&one, 1, END_MS) == 1 && read(fd, &byte, 1) == 0 ? 0 : 1;
}

/* 0: the child saw the end of its pipe. */
static int close_all(int by_syscall)
{
    int ends[2];
    int status = 1;
    int r;

    if (pipe(ends) < 0)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[1]);
        _exit(wait_for_end(ends[0]));
    }
    if (by_syscall) {
        r = (int)syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_UNSHARE);
    } else {
        r = close_range(3, ~0U, CLOSE_RANGE_UNSHARE);
    }
    if (waitpid(child, &status, 0) != child || r != 0)
        return 3;
    return status;
}

int main(void)
{
    return close_all(0) == 0 && close_all(1) == 0 ? 0 : 1;
}
