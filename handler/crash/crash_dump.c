/* From the handler to the dumper. Context: crash. */
#include "handler/crash/crash_dump.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "handler/crash/crash_cpu.h"
#include "handler/guest.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"

#define CHILD_STACK_BYTES   8192
#define BOX_CHILD_FD        3 /* the dumper's contract */
#define STATE_CHILD_FD      4
#define DUMPER_CHILD_FD     5
#define DUMPER_DENIED       77 /* EX_NOPERM: it may not read us */
#define DUMPER_ASTRAY       72 /* EX_OSFILE: /proc shows it others */
#define DUMPER_WITHOUT_ROOM 73 /* EX_CANTCREAT: neither queue nor box */

/* Everything the two children need: they share our memory. */
struct launch {
    struct box_file file; /* a copy: the middle process outlives a frame */
    int dumper_fd;
    uint32_t *state; /* enum box_dump_state in the box: the answer */
    struct timespec until;
    bool dies; /* the host: then its memory and threads may be read */
    const char *arguments[4];
    enum box_tier_reason reason;
    int error;
};

/* The kernel's own struct sigaction of x86-64. */
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static struct launch launch;
/* The pid that uses launch and the stacks, 0 nobody. A futex. Another pid
 * than ours was copied by fork: nobody. */
static uint32_t launch_taken;
/* A futex: the kernel clears it when the middle process has left its stack. */
static uint32_t middle_alive;
/* The middle process of a live report that took too long: to be reaped by the
 * next one; launch is taken until then. 0: none. */
static long late_pid;
static __attribute__((aligned(16))) uint8_t middle_stack[CHILD_STACK_BYTES];
static __attribute__((aligned(16))) uint8_t dumper_stack[CHILD_STACK_BYTES];

/*
 * clone with a function on a stack of its own: the child never returns into
 * our frame. The kernel's clone takes (flags, stack, …) in rdi, rsi.
 */
static long clone_on(const uint8_t *stack_end, long flags, void (*run)(void))
{
    long result;
    register long r10 __asm__("r10") = (long)&middle_alive; /* CLEARTID */
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

    if (__atomic_compare_exchange_n(launch.state, &running, BOX_DUMP_FAILED,
                                    false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        (void)sys_call3(SYS_futex, (long)launch.state, FUTEX_WAKE, INT32_MAX);
}

/* Runs in the vfork child: becomes the dumper. */
static void run_dumper(void)
{
    static const char *const environment[] = {NULL};
    static const int lifted[] = {RLIMIT_AS, RLIMIT_FSIZE};
    const struct kernel_action ignore = {.handler = SIG_IGN};
    struct rlimit none = {0, 0};
    uint64_t nothing_blocked = 0;

    /* The program's limits are not meant for the dumper: as far as they go.
     * Above RLIMIT_FSIZE a write shall fail (then it spills), not kill. */
    for (size_t i = 0; i < ARRAY_LENGTH(lifted); i++) {
        struct rlimit limit = {0, 0};
        (void)sys_call4(SYS_prlimit64, 0, lifted[i], 0, (long)&limit);
        limit.rlim_cur = limit.rlim_max;
        (void)sys_call4(SYS_prlimit64, 0, lifted[i], (long)&limit, 0);
    }
    (void)sys_call4(SYS_rt_sigaction, SIGXFSZ, (long)&ignore, 0,
                    SYS_SIGSET_BYTES);
    (void)sys_call4(SYS_prlimit64, 0, RLIMIT_CORE, (long)&none, 0);
    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&nothing_blocked, 0,
                    SYS_SIGSET_BYTES);
    long r =
        sys_call5(SYS_execveat, launch.dumper_fd, (long)"",
                  (long)launch.arguments, (long)environment, AT_EMPTY_PATH);
    launch.reason = BOX_REASON_EXEC;
    launch.error = (int)-r;
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
    int box_fd = launch.file.fd;
    int state_fd = launch.file.state_fd;

    lift(&box_fd);
    lift(&state_fd);
    lift(&launch.dumper_fd);
    long r = sys_call3(SYS_dup3, launch.dumper_fd, DUMPER_CHILD_FD, O_CLOEXEC);
    if (r < 0)
        return (int)r;
    launch.dumper_fd = DUMPER_CHILD_FD;
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

    int r = place_descriptors();
    if (r < 0) {
        launch.reason = BOX_REASON_EXEC;
        launch.error = -r;
        answer_failed();
        child_exit(0);
    }
    long pid = clone_on(dumper_stack + CHILD_STACK_BYTES,
                        CLONE_VM | CLONE_VFORK | CLONE_UNTRACED, run_dumper);
    if (pid < 0) {
        launch.reason = BOX_REASON_CLONE;
        launch.error = (int)-pid;
    } else {
        long waited;
        do {
            waited = sys_call5(SYS_waitid, P_PID, pid, (long)&ended,
                               WEXITED | __WALL, 0);
        } while (waited == -EINTR);
        if (launch.reason == BOX_REASON_NONE) {
            launch.reason = reason_of(&ended);
            launch.error = ended.si_status;
        }
    }
    answer_failed(); /* unless it is done */
    child_exit(0);
}

/* The program may have closed our descriptor, or reused its number. */
static int dumper_descriptor(const struct box_file *file)
{
    struct stat status = {0};

    if (file->dumper_fd >= 0 &&
        sys_call2(SYS_fstat, file->dumper_fd, (long)&status) == 0 &&
        status.st_dev == file->dumper_device &&
        status.st_ino == file->dumper_inode)
        return file->dumper_fd;
    return sys_openat(AT_FDCWD, guest.config.dumper_path,
                      O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
}

static void check_state_descriptor(struct box_file *file)
{
    struct stat status = {0};

    if (file->state_fd >= 0 &&
        sys_call2(SYS_fstat, file->state_fd, (long)&status) == 0 &&
        S_ISDIR(status.st_mode))
        return;
    if (state_dir_open(guest.config.state_dir, &file->state_fd) < 0)
        file->state_fd = -1;
}

static struct timespec deadline(void)
{
    struct timespec until = {0};

    (void)sys_call2(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&until);
    until.tv_sec += CRASH_DEADLINE_MS / 1000;
    return until;
}

/*
 * Waits until *word is no longer value; false: it is, after the deadline.
 * FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time.
 */
static bool wait_while(const uint32_t *word, uint32_t value,
                       const struct timespec *until)
{
    long r = 0;

    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) {
        if (r == -ETIMEDOUT)
            return false;
        r = sys_call6(SYS_futex, (long)word, FUTEX_WAIT_BITSET, value,
                      (long)until, 0, (long)FUTEX_BITSET_MATCH_ANY);
    }
    return true;
}

/* Yama and the dumpable flag, for as long as the dumper needs them. */
static long allow_tracing(void)
{
    long dumpable = sys_call1(SYS_prctl, PR_GET_DUMPABLE);

    if (dumpable != 1 && !guest.prctl_undumpable)
        (void)sys_call2(SYS_prctl, PR_SET_DUMPABLE, 1);
    (void)sys_call2(SYS_prctl, PR_SET_PTRACER, -1L); /* EINVAL without Yama */
    return dumpable;
}

static void disallow_tracing(long dumpable)
{
    if (dumpable != 1 && !guest.prctl_undumpable)
        (void)sys_call2(SYS_prctl, PR_SET_DUMPABLE, dumpable);
    (void)sys_call2(SYS_prctl, PR_SET_PTRACER, (long)guest.ptracer);
}

static struct crash_dump_result failed(enum box_tier_reason reason, int error)
{
    return (struct crash_dump_result){BOX_DUMP_FAILED, reason, error};
}

static long start_middle(void)
{
    __atomic_store_n(&middle_alive, 1, __ATOMIC_RELEASE);
    long pid =
        clone_on(middle_stack + CHILD_STACK_BYTES,
                 CLONE_VM | CLONE_UNTRACED | CLONE_CHILD_CLEARTID, run_middle);
    if (pid < 0)
        __atomic_store_n(&middle_alive, 0, __ATOMIC_RELEASE);
    return pid;
}

/* Of a host that dies: no other sees where its thread may run meanwhile. */
static long start_here(void)
{
    launch.arguments[2] = crash_cpu_hold();
    long pid = start_middle();
    crash_cpu_release();
    return pid;
}

/* *ret_middle_pid: to be reaped in a host that lives on; negative: none. */
static struct crash_dump_result start_and_wait(long *ret_middle_pid)
{
    uint64_t all = ~0ull;
    uint64_t before = 0;

    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before,
                    SYS_SIGSET_BYTES);
    long dumpable = launch.dies ? allow_tracing() : 0;
    *ret_middle_pid = launch.dies ? start_here() : start_middle();
    if (*ret_middle_pid >= 0)
        (void)wait_while(launch.state, BOX_DUMP_RUNNING, &launch.until);
    if (launch.dies)
        disallow_tracing(dumpable);
    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0,
                    SYS_SIGSET_BYTES);
    if (*ret_middle_pid < 0)
        return failed(BOX_REASON_CLONE, (int)-*ret_middle_pid);
    uint32_t state = __atomic_load_n(launch.state, __ATOMIC_ACQUIRE);
    if (state == BOX_DUMP_RUNNING)
        return failed(BOX_REASON_DEADLINE, ETIMEDOUT);
    if (state == BOX_DUMP_FAILED && launch.reason == BOX_REASON_NONE)
        return failed(BOX_REASON_QUEUE, 0); /* the dumper said it itself */
    return (struct crash_dump_result){state, launch.reason, launch.error};
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the dumper writes state */
static struct crash_dump_result run(struct box_file *file, uint32_t *state,
                                    const char *mode, const char *argument,
                                    long *ret_middle_pid)
{
    *ret_middle_pid = -1;
    if (!guest.config.dumper)
        return failed(BOX_REASON_DISABLED, 0);
    /* A filter may kill at clone or exec: then the signal would be another. */
    if (guest.sandboxed)
        return failed(BOX_REASON_SANDBOX, 0);
    if (guest.jailed)
        return failed(BOX_REASON_JAIL, 0);
    check_state_descriptor(file);
    int r = box_file_descriptor(&guest.config, file);
    if (r < 0)
        return failed(BOX_REASON_EXEC, -r);
    launch = (struct launch){
        .file = *file,
        .dumper_fd = dumper_descriptor(file),
        .state = state,
        .until = deadline(),
        .dies = state == &file->box->control.dump_state,
        .arguments = {"inquest-dumper", mode, argument, NULL},
    };
    if (launch.dumper_fd < 0)
        return failed(BOX_REASON_EXEC, -launch.dumper_fd);
    __atomic_store_n(state, BOX_DUMP_RUNNING, __ATOMIC_RELEASE);
    return start_and_wait(ret_middle_pid);
}

struct crash_dump_result crash_dump(struct box_file *file)
{
    uint32_t self = (uint32_t)sys_getpid();
    const struct timespec until = deadline();
    long middle_pid;

    /* The middle process of a vfork child's crash may still be on our stack,
     * and another thread may have a live report made. Whose dumper stands
     * still has the stack. */
    (void)wait_while(&middle_alive, 1, &until);
    if (__atomic_load_n(&late_pid, __ATOMIC_ACQUIRE) == 0)
        (void)wait_while(&launch_taken, self, &until);
    if (__atomic_load_n(&middle_alive, __ATOMIC_ACQUIRE))
        return failed(BOX_REASON_DEADLINE, ETIMEDOUT);
    __atomic_store_n(&launch_taken, self, __ATOMIC_RELEASE);
    struct crash_dump_result result =
        run(file, &file->box->control.dump_state, "crash", NULL, &middle_pid);
    __atomic_store_n(&launch_taken, 0, __ATOMIC_RELEASE);
    return result;
}

static void reap(long pid)
{
    siginfo_t ended;
    long r;

    do {
        r = sys_call5(SYS_waitid, P_PID, pid, (long)&ended, WEXITED | __WALL,
                      0);
    } while (r == -EINTR);
}

/* From a live report that took too long, once its middle process has ended. */
static bool take_over(void)
{
    long pid = __atomic_exchange_n(&late_pid, 0, __ATOMIC_ACQ_REL);

    if (pid == 0)
        return false; /* it is not late, or another thread is quicker */
    if (__atomic_load_n(&middle_alive, __ATOMIC_ACQUIRE)) {
        __atomic_store_n(&late_pid, pid, __ATOMIC_RELEASE);
        return false;
    }
    reap(pid);
    return true;
}

static bool take_launch(void)
{
    uint32_t self = (uint32_t)sys_getpid();
    uint32_t current = __atomic_load_n(&launch_taken, __ATOMIC_ACQUIRE);

    if (current == self)
        return take_over();
    return __atomic_compare_exchange_n(&launch_taken, &current, self, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

struct crash_dump_result crash_dump_live(struct box_file *file,
                                         const char *mode, const char *argument)
{
    long middle_pid;

    if (!take_launch())
        return failed(BOX_REASON_NONE, EBUSY);
    struct crash_dump_result result =
        run(file, &file->box->control.live_state, mode, argument, &middle_pid);
    if (middle_pid > 0 && !wait_while(&middle_alive, 1, &launch.until)) {
        __atomic_store_n(&late_pid, middle_pid, __ATOMIC_RELEASE);
        return result;
    }
    if (middle_pid > 0)
        reap(middle_pid);
    __atomic_store_n(&launch_taken, 0, __ATOMIC_RELEASE);
    (void)sys_call3(SYS_futex, (long)&launch_taken, FUTEX_WAKE, INT32_MAX);
    return result;
}

void crash_dump_forked(void)
{
    middle_alive = 0;
    launch_taken = 0;
    late_pid = 0;
}
