/* Host, middle process, dumper. Context: crash. */
#include "handler/crash/crash_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "proto/base/compiler.h"
#include "proto/base/sys.h"

#define CHILD_STACK_BYTES   8192
#define BOX_CHILD_FD        3 /* the dumper's contract */
#define STATE_CHILD_FD      4
#define DUMPER_CHILD_FD     5
#define DUMPER_DENIED       77 /* EX_NOPERM: it may not read us */
#define DUMPER_ASTRAY       72 /* EX_OSFILE: /proc shows it others */
#define DUMPER_WITHOUT_ROOM 73 /* EX_CANTCREAT: neither queue nor box */

/* The kernel's own struct sigaction of x86-64. */
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

struct crash_launch crash_launch;
uint32_t crash_launch_alive;
static FAR_BEHIND __attribute__((aligned(16)))
uint8_t middle_stack[CHILD_STACK_BYTES];
static FAR_BEHIND __attribute__((aligned(16)))
uint8_t dumper_stack[CHILD_STACK_BYTES];

/*
 * clone with a function on a stack of its own: the child never returns into
 * our frame. The kernel's clone takes (flags, stack, …) in rdi, rsi.
 */
static long clone_on(const uint8_t *stack_end, long flags, void (*run)(void))
{
    long result;
    register long r10 __asm__("r10") = (long)&crash_launch_alive; /* CLEARTID */
    register long r8 __asm__("r8") = 0;
    register void (*target)(void) __asm__("r12") = run;

    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "call *%%r12\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone), "D"(flags), "S"(stack_end), "d"(0L),
                       "r"(r10), "r"(r8), "r"(target)
                     : "rcx", "r11", "memory");
    return result;
}

static _Noreturn void child_exit(int status)
{
    for (;;)
        (void)sys_call1(SYS_exit, status);
}

/* The dumper did not answer: the middle process does. */
static void answer_failed(void)
{
    uint32_t running = BOX_DUMP_RUNNING;

    if (__atomic_compare_exchange_n(crash_launch.state, &running,
                                    BOX_DUMP_FAILED, false, __ATOMIC_RELEASE,
                                    __ATOMIC_RELAXED)) {
        (void)sys_call3(SYS_futex, (long)crash_launch.state, FUTEX_WAKE,
                        INT32_MAX);
    }
}

/* The program's limits are not meant for the dumper: as far as they go. A
 * process that is no thread of the program's has limits of its own. */
static void lift_limits(void)
{
    static const int lifted[] = {RLIMIT_AS, RLIMIT_FSIZE, RLIMIT_NOFILE};

    for (size_t i = 0; i < ARRAY_LENGTH(lifted); i++) {
        struct rlimit limit = {0, 0};
        (void)sys_call4(SYS_prlimit64, 0, lifted[i], 0, (long)&limit);
        limit.rlim_cur = limit.rlim_max;
        (void)sys_call4(SYS_prlimit64, 0, lifted[i], (long)&limit, 0);
    }
}

/* Runs in the vfork child: becomes the dumper. */
static void run_dumper(void)
{
    static const char *const environment[] = {NULL};
    const struct kernel_action ignore = {.handler = SIG_IGN};
    struct rlimit none = {0, 0};
    uint64_t nothing_blocked = 0;

    /* Above RLIMIT_FSIZE a write shall fail (then it spills), not kill. */
    (void)sys_call4(SYS_rt_sigaction, SIGXFSZ, (long)&ignore, 0,
                    SYS_SIGSET_BYTES);
    (void)sys_call4(SYS_prlimit64, 0, RLIMIT_CORE, (long)&none, 0);
    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&nothing_blocked, 0,
                    SYS_SIGSET_BYTES);
    long r = sys_call5(SYS_execveat, crash_launch.dumper_fd, (long)"",
                       (long)crash_launch.arguments, (long)environment,
                       AT_EMPTY_PATH);
    crash_launch.reason = BOX_REASON_EXEC;
    crash_launch.error = (int)-r;
    child_exit(127);
}

/* Small numbers only happen under a small RLIMIT_NOFILE. */
static void lift(int *fd)
{
    if (*fd < 0 || *fd > DUMPER_CHILD_FD)
        return;
    long moved = sys_call3(SYS_fcntl, *fd, F_DUPFD, DUMPER_CHILD_FD + 1);
    if (moved >= 0)
        *fd = (int)moved;
}

/* Puts the descriptors where the dumper expects them, in our own table. */
static int place_descriptors(void)
{
    int box_fd = crash_launch.box_fd;
    int state_fd = crash_launch.state_fd;

    lift(&box_fd);
    lift(&state_fd);
    lift(&crash_launch.dumper_fd);
    long r =
        sys_call3(SYS_dup3, crash_launch.dumper_fd, DUMPER_CHILD_FD, O_CLOEXEC);
    if (r < 0)
        return (int)r;
    crash_launch.dumper_fd = DUMPER_CHILD_FD;
    /* Who reads the program's output is not to wait for a disk; what cannot be
     * written to stands there, so that no file of ours gets these numbers. */
    for (int fd = 0; fd < BOX_CHILD_FD; fd++)
        (void)sys_call3(SYS_dup3, DUMPER_CHILD_FD, fd, 0);
    r = sys_call3(SYS_dup3, box_fd, BOX_CHILD_FD, 0);
    if (state_fd >= 0) {
        (void)sys_call3(SYS_dup3, state_fd, STATE_CHILD_FD, 0);
    } else {
        (void)sys_close(STATE_CHILD_FD);
    }
    (void)sys_call3(SYS_close_range, DUMPER_CHILD_FD + 1, ~0u, 0);
    return r < 0 ? (int)r : 0;
}

/* Why a dumper that has ended did not answer. */
static enum box_tier_reason reason_of(const siginfo_t *ended)
{
    if (ended->si_code == CLD_EXITED && ended->si_status == DUMPER_DENIED)
        return BOX_REASON_DENIED;
    if (ended->si_code == CLD_EXITED && ended->si_status == DUMPER_ASTRAY)
        return BOX_REASON_PROC;
    if (ended->si_code == CLD_EXITED && ended->si_status == DUMPER_WITHOUT_ROOM)
        return BOX_REASON_QUEUE;
    return BOX_REASON_DIED;
}

/* Runs in the middle process. */
static void run_middle(void)
{
    siginfo_t ended = {0};

    lift_limits();
    int r = place_descriptors();
    if (r < 0) {
        crash_launch.reason = BOX_REASON_EXEC;
        crash_launch.error = -r;
        answer_failed();
        child_exit(0);
    }
    long pid = clone_on(dumper_stack + CHILD_STACK_BYTES,
                        CLONE_VM | CLONE_VFORK | CLONE_UNTRACED, run_dumper);
    if (pid < 0) {
        crash_launch.reason = BOX_REASON_CLONE;
        crash_launch.error = (int)-pid;
    } else {
        long waited;
        do {
            waited = sys_call5(SYS_waitid, P_PID, pid, (long)&ended,
                               WEXITED | __WALL, 0);
        } while (waited == -EINTR);
        if (crash_launch.reason == BOX_REASON_NONE) {
            crash_launch.reason = reason_of(&ended);
            crash_launch.error = ended.si_status;
        }
    }
    answer_failed(); /* unless it is done */
    child_exit(0);
}

long crash_launch_start(void)
{
    __atomic_store_n(&crash_launch_alive, 1, __ATOMIC_RELEASE);
    long pid =
        clone_on(middle_stack + CHILD_STACK_BYTES,
                 CLONE_VM | CLONE_UNTRACED | CLONE_CHILD_CLEARTID, run_middle);
    if (pid < 0)
        __atomic_store_n(&crash_launch_alive, 0, __ATOMIC_RELEASE);
    return pid;
}
