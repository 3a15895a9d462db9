/* Asks with pointers to nowhere, as who looks what the kernel knows of: each
 * call says EFAULT, and nothing else happens. Context: tool. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const struct timespec second = {1, 0};
static void *nowhere;
static int failures;

static void expect_fault(const char *name, long r)
{
    int error = errno;

    printf("%s %ld %d\n", name, r, error);
    if (r != -1 || error != EFAULT)
        failures++;
}

static void ask_for_waits(void)
{
    struct epoll_event event;
    int fd = epoll_create1(EPOLL_CLOEXEC);

    expect_fault("sigsuspend", sigsuspend(nowhere));
    expect_fault("ppoll", ppoll(NULL, 0, &second, nowhere));
    expect_fault("pselect", pselect(0, NULL, NULL, NULL, &second, nowhere));
    expect_fault("epoll_pwait", epoll_pwait(fd, &event, 1, 1000, nowhere));
    expect_fault("epoll_pwait2", epoll_pwait2(fd, &event, 1, &second, nowhere));
}

static void ask_for_filters(void)
{
    const struct sock_fprog program = {.len = 4, .filter = nowhere};

    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    expect_fault("prctl", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nowhere));
    expect_fault("its filter",
                 prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
    expect_fault("seccomp", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                    SECCOMP_FILTER_FLAG_TSYNC, nowhere));
}

static void ask_for_stacks(void)
{
    expect_fault("sigaltstack", sigaltstack(nowhere, NULL));
    expect_fault("the one before", sigaltstack(NULL, nowhere));
}

int main(void)
{
    (void)alarm(10);
    nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ask_for_waits();
    ask_for_stacks();
    ask_for_filters();
    return failures == 0 ? 0 : 1;
}
