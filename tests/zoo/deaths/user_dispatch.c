/* System call user dispatch, as Wine has it: each call from outside libc and
 * the loader is a SIGSYS, which the program answers. Context: tool. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static volatile char selector; /* SYSCALL_DISPATCH_FILTER_ALLOW, _BLOCK */
static volatile sig_atomic_t answered;

static void answer(int number, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;

    selector = SYSCALL_DISPATCH_FILTER_ALLOW;
    (void)number;
    (void)info;
    answered = answered + 1;
    interrupted->uc_mcontext.gregs[REG_RAX] = 4242;
}

static long call(long number)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number)
                     : "rcx", "r11", "memory");
    return result;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO};

    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGSYS, &action, NULL) < 0)
        return 1;
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0,
              &selector) < 0)
        return errno == EINVAL ? 0 : 1; /* before Linux 5.11 */
    for (int i = 0; i < 3; i++) {
        selector = SYSCALL_DISPATCH_FILTER_BLOCK;
        long result = call(SYS_getppid);
        selector = SYSCALL_DISPATCH_FILTER_ALLOW;
        if (result != 4242)
            return 2;
    }
    /* Afterwards SIGSYS is as any other again. */
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0) < 0 ||
        raise(SIGSYS) != 0)
        return 3;
    return printf("answered %d\n", (int)answered) < 0;
}
