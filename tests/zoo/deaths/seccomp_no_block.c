/*
 * A sandbox without SIG_BLOCK, as Tor's: glibc blocks all signals while it
 * makes a thread, does not see that it was refused, and goes back to the mask
 * that it finds where it would have been stored. Context: tool.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "tests/zoo/deaths/sandbox.h"

#define LEFT_BYTES 32768

static int enter(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigprocmask, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SIG_BLOCK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) |
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* What glibc will find: all signals are blocked. */
static __attribute__((noinline)) void leave_all_blocked(void)
{
    volatile char stack[LEFT_BYTES];

    for (size_t i = 0; i < sizeof stack; i++)
        stack[i] = -1;
}

static void *end(void *argument)
{
    return argument;
}

int main(void)
{
    sigset_t mask;
    pthread_t thread;

    if (!getenv("LD_PRELOAD"))
        return 0; /* bare, it blocks what lies there */
    if (enter() != 0)
        return 2;
    leave_all_blocked();
    if (pthread_create(&thread, NULL, end, NULL) != 0 ||
        pthread_sigmask(SIG_SETMASK, NULL, &mask) != 0)
        return 2;
    (void)pthread_join(thread, NULL);
    return sigismember(&mask, SIGTERM);
}
