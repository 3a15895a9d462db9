/* Takes sent fault signals by signalfd: no crash. Context: tool. */
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

int main(void)
{
    struct signalfd_siginfo info = {0};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGBUS);
    (void)sigaddset(&set, SIGABRT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    for (int i = 0; i < 2; i++) {
        (void)kill(getpid(), i == 0 ? SIGBUS : SIGABRT);
        if (read(fd, &info, sizeof info) != sizeof info)
            return 1;
        printf("got %u from %d\n", info.ssi_signo, info.ssi_pid == getpid());
    }
    return 0;
}
