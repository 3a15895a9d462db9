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

#include "handler/box_descriptor.h"
#include "handler/crash/crash_cpu.h"
#include "handler/crash/crash_launch.h"
#include "handler/guest.h"
#include "proto/base/sys.h"
#include "proto/box_place.h"

static struct timespec dump_until; /* of the dump that is going on */
/* The pid that uses crash_launch and its stacks, 0 nobody. A futex. Another pid
 * than ours was copied by fork: nobody. */
static uint32_t launch_taken;
/* The middle process of a live report that took too long: to be reaped by the
 * next one; crash_launch is taken until then. 0: none. */
static long late_pid;

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

/* Of a host that dies: no other sees where its thread may run meanwhile. */
static long start_here(void)
{
    crash_launch.arguments[2] = crash_cpu_hold();
    long pid = crash_launch_start();
    crash_cpu_release();
    return pid;
}

/* *ret_middle_pid: to be reaped in a host that lives on; negative: none. */
static struct crash_dump_result start_and_wait(bool dies, long *ret_middle_pid)
{
    uint64_t all = ~0ull;
    uint64_t before = 0;

    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before,
                    SYS_SIGSET_BYTES);
    long dumpable = dies ? allow_tracing() : 0;
    *ret_middle_pid = dies ? start_here() : crash_launch_start();
    if (*ret_middle_pid >= 0)
        (void)wait_while(crash_launch.state, BOX_DUMP_RUNNING, &dump_until);
    if (dies)
        disallow_tracing(dumpable);
    (void)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0,
                    SYS_SIGSET_BYTES);
    if (*ret_middle_pid < 0)
        return failed(BOX_REASON_CLONE, (int)-*ret_middle_pid);
    uint32_t state = __atomic_load_n(crash_launch.state, __ATOMIC_ACQUIRE);
    if (state == BOX_DUMP_RUNNING)
        return failed(BOX_REASON_DEADLINE, ETIMEDOUT);
    if (state == BOX_DUMP_FAILED && crash_launch.reason == BOX_REASON_NONE)
        return failed(BOX_REASON_QUEUE, 0); /* the dumper said it itself */
    return (struct crash_dump_result){state, crash_launch.reason,
                                      crash_launch.error};
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the dumper writes state */
static struct crash_dump_result run(struct box_file *file, uint32_t *state,
                                    const char *mode, const char *argument,
                                    long *ret_middle_pid)
{
    const bool dies = state == &file->box->control.dump_state;

    *ret_middle_pid = -1;
    if (!guest.config.dumper)
        return failed(BOX_REASON_DISABLED, 0);
    /* A filter may kill at clone or exec: then the signal would be another. */
    if (guest.sandboxed)
        return failed(BOX_REASON_SANDBOX, 0);
    if (guest.jailed)
        return failed(BOX_REASON_JAIL, 0);
    if (dies)
        DROP(box_file_retry(&guest.config, file)); /* seen by the next call */
    box_descriptor_renew_state(&guest.config, file);
    int r = box_file_descriptor(&guest.config, file);
    if (r < 0)
        return failed(BOX_REASON_BOX, -r);
    crash_launch = (struct crash_launch){
        .box_fd = file->fd,
        .state_fd = file->state_fd,
        .dumper_fd = dumper_descriptor(file),
        .state = state,
        .arguments = {"inquest-dumper", mode, argument, NULL},
    };
    if (crash_launch.dumper_fd < 0)
        return failed(BOX_REASON_EXEC, -crash_launch.dumper_fd);
    __atomic_store_n(state, BOX_DUMP_RUNNING, __ATOMIC_RELEASE);
    dump_until = deadline();
    return start_and_wait(dies, ret_middle_pid);
}

struct crash_dump_result crash_dump(struct box_file *file)
{
    uint32_t self = (uint32_t)sys_getpid();
    const struct timespec until = deadline();
    long middle_pid;

    /* The middle process of a vfork child's crash may still be on our stack,
     * and another thread may have a live report made. Whose dumper stands
     * still has the stack. */
    (void)wait_while(&crash_launch_alive, 1, &until);
    if (__atomic_load_n(&late_pid, __ATOMIC_ACQUIRE) == 0)
        (void)wait_while(&launch_taken, self, &until);
    if (__atomic_load_n(&crash_launch_alive, __ATOMIC_ACQUIRE))
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
    if (__atomic_load_n(&crash_launch_alive, __ATOMIC_ACQUIRE)) {
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

/*
 * After unshare(CLONE_NEWPID) the next child is the namespace's first process,
 * and none can be made in it once that has ended (pid_namespaces(7)): it is not
 * to be ours.
 */
static bool children_are_elsewhere(void)
{
    return box_place_inode("/proc/self/ns/pid_for_children") !=
           box_place_inode("/proc/self/ns/pid");
}

struct crash_dump_result crash_dump_live(struct box_file *file,
                                         const char *mode, const char *argument)
{
    long middle_pid;

    if (children_are_elsewhere())
        return failed(BOX_REASON_CLONE, ENOTSUP);
    if (!take_launch())
        return failed(BOX_REASON_NONE, EBUSY);
    struct crash_dump_result result =
        run(file, &file->box->control.live_state, mode, argument, &middle_pid);
    if (middle_pid > 0 && !wait_while(&crash_launch_alive, 1, &dump_until)) {
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
    crash_launch_alive = 0;
    launch_taken = 0;
    late_pid = 0;
}
