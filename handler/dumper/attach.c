/*
 * Stops the target's threads: PTRACE_SEIZE and PTRACE_INTERRUPT for all, then
 * one bounded wait each; they stop while their names are read and the caller
 * does something else. The list is read again until nothing new is there, for
 * threads are born meanwhile. Context: tool.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "handler/dumper/forbidden.h"
#include "handler/dumper/restart.h"
#include "handler/dumper/target.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/box.h"

#define EVENT_SHIFT    8 /* in si_status of a stop (ptrace(2)) */
#define STAT_BYTES     512
#define TIMER_AGAIN_US 1000 /* a tick just before waitid would be lost */

/* The directory of the threads, from target_seize to target_attach. */
static DIR *task_dir;

/* By that directory, so that each name costs a short walk. -1: failed. */
static int open_task_file(int tid, const char *name)
{
    char path_bytes[32];
    struct text path = text_init(path_bytes, sizeof path_bytes);

    text_append_i64(&path, tid);
    text_append(&path, "/");
    text_append(&path, name);
    return openat(dirfd(task_dir), path_bytes, O_RDONLY | O_CLOEXEC);
}

static const struct target_running *running(const struct target *target,
                                            int tid)
{
    for (size_t i = 0; i < ARRAY_LENGTH(target->running); i++) {
        if (target->running[i].tid == tid)
            return &target->running[i];
    }
    return NULL;
}

static void read_name(const struct target *target, struct target_thread *thread)
{
    const struct target_running *known = running(target, thread->tid);
    if (known) {
        box_string(thread->name, sizeof thread->name, known->name);
        return;
    }
    OWNED_FD fd = open_task_file(thread->tid, "comm");

    if (fd < 0 || read(fd, thread->name, sizeof thread->name - 1) < 0)
        thread->name[0] = '\0';
    thread->name[strcspn(thread->name, "\n")] = '\0';
}

/* interrupted: by us alone, in a process that goes on. */
static void copy_registers(struct target_thread *thread, bool interrupted)
{
    struct user_regs_struct r;

    if (ptrace(PTRACE_GETREGS, thread->tid, NULL, &r) < 0)
        return;
    if (interrupted && restart_wanted(&r))
        restart_arrange(thread->tid);
    const uint64_t values[TARGET_REGISTERS] = {
        r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8,
        r.r9,  r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip, r.eflags};
    memcpy(thread->registers, values, sizeof values);
    thread->stopped = true;
}

static bool is_listed(const struct target *target, int tid)
{
    for (size_t i = 0; i < target->thread_count; i++) {
        if (target->threads[i].tid == tid)
            return true;
    }
    return false;
}

/*
 * How many threads there are: the task directory counts them in its links
 * (proc_task_getattr in fs/proc/base.c of the kernel). 0: it does not say.
 */
static size_t count_threads(DIR *dir)
{
    struct stat status;

    return fstat(dirfd(dir), &status) == 0 && status.st_nlink > 2
               ? status.st_nlink - 2
               : 0;
}

/* Asked for the first thread that is to be stopped, once. */
static bool may_trace(void)
{
    static enum { UNKNOWN, YES, NO } answer;

    if (answer == UNKNOWN)
        answer = forbidden_call(SYS_ptrace, PTRACE_SEIZE) ? NO : YES;
    return answer == YES;
}

static void seize(struct target_thread *thread)
{
    if (!may_trace()) {
        thread->refused = true;
        return;
    }
    thread->attached = ptrace(PTRACE_SEIZE, thread->tid, NULL, NULL) == 0 &&
                       ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) == 0;
    /* ESRCH: it has just ended. */
    thread->refused = !thread->attached && errno != ESRCH;
}

/* Seizes what is new in the task directory; returns how many it found. */
static size_t seize_new(struct target *target, DIR *dir)
{
    size_t found = 0;

    rewinddir(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        int tid = (int)strtol(entry->d_name, NULL, 10);
        if (tid <= 0 || target->thread_count == TARGET_THREADS_MAX ||
            is_listed(target, tid))
            continue;
        struct target_thread *thread = &target->threads[target->thread_count++];
        *thread = (struct target_thread){.tid = tid};
        found++;
        if (running(target, tid))
            continue;
        seize(thread);
    }
    return found;
}

static void on_alarm(int unused)
{
    (void)unused; /* it only interrupts waitid */
}

/* waitid has no timeout: a timer interrupts it. */
static void set_timer(uint64_t ms)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
    struct itimerval timer = {
        .it_value = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)},
        .it_interval = {0, ms ? TIMER_AGAIN_US : 0},
    };

    (void)sigaction(SIGALRM, &action, NULL);
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

/*
 * Waits for its stop, which is left unconsumed (WNOWAIT): the kernel then
 * still knows the signal that was arriving, should we be killed.
 */
static bool wait_stopped(int tid, uint64_t until_ms, siginfo_t *ret_info)
{
    const int options = WSTOPPED | WEXITED | WNOWAIT | __WALL;
    uint64_t now = target_now_ms();

    ret_info->si_pid = 0;
    int r = waitid(P_PID, (id_t)tid, ret_info, options | WNOHANG);
    if (r < 0 || (ret_info->si_pid == 0 && now >= until_ms))
        return false;
    if (ret_info->si_pid == 0) {
        set_timer(until_ms - now);
        do {
            r = waitid(P_PID, (id_t)tid, ret_info, options);
        } while (r < 0 && errno == EINTR && target_now_ms() < until_ms);
        set_timer(0);
    }
    return r == 0 && ret_info->si_code == CLD_TRAPPED;
}

/*
 * It may have stopped for a signal that was just arriving: that one is kept
 * for target_detach, or it would be lost. A stop by us, or of the whole group,
 * is an event.
 */
static void take_stop(const struct target *target, struct target_thread *thread,
                      int status)
{
    bool event = status >> EVENT_SHIFT == PTRACE_EVENT_STOP;

    thread->signal = event ? 0 : status;
    copy_registers(thread,
                   target->goes_on &&
                       status == (SIGTRAP | PTRACE_EVENT_STOP << EVENT_SHIFT));
}

/* In the kernel, where it does not stop: "TID (name) D …" of proc(5). */
static bool is_uninterruptible(int tid)
{
    char text[STAT_BYTES] = "";
    OWNED_FD fd = open_task_file(tid, "stat");

    if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
        return true;
    const char *end = strrchr(text, ')');
    return !end || strncmp(end, ") D", 3) == 0;
}

/* A busy machine may not let it run for a while: that is waited for, but not
 * for one that cannot stop. */
static bool wait_for_stop(const struct target *target, int tid, uint64_t end_ms,
                          siginfo_t *ret_info)
{
    uint64_t until = target_now_ms() + ATTACH_THREAD_MS;

    if (target->goes_on || until > end_ms)
        return wait_stopped(tid, end_ms, ret_info);
    return wait_stopped(tid, until, ret_info) ||
           (!is_uninterruptible(tid) && wait_stopped(tid, end_ms, ret_info));
}

static void take_thread(struct target *target, struct target_thread *thread,
                        uint64_t end_ms)
{
    siginfo_t info;

    if (!thread->attached)
        return;
    if (wait_for_stop(target, thread->tid, end_ms, &info)) {
        take_stop(target, thread, info.si_status);
    } else {
        target->threads_missed++;
    }
}

/* Of more threads than fit it may be the last one: it comes first. */
static void list_crashed(struct target *target)
{
    if (target->running[0].tid > 0) {
        target->threads[target->thread_count++] =
            (struct target_thread){.tid = target->running[0].tid};
        read_name(target, &target->threads[0]);
    }
}

static void seize_and_name(struct target *target)
{
    size_t known = target->thread_count;

    if (seize_new(target, task_dir) == 0)
        return;
    for (size_t i = known; i < target->thread_count; i++)
        read_name(target, &target->threads[i]);
}

void target_seize(struct target *target)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%d/task", target->pid);
    task_dir = opendir(path);
    if (!task_dir)
        return;
    list_crashed(target);
    seize_and_name(target);
}

void target_attach(struct target *target)
{
    uint64_t end_ms = target_now_ms() + ATTACH_BUDGET_MS;
    size_t done = 0;
    size_t count = 0;

    if (!task_dir)
        return;
    while (done < target->thread_count) {
        for (; done < target->thread_count; done++)
            take_thread(target, &target->threads[done], end_ms);
        count = count_threads(task_dir);
        if (count != target->thread_count)
            seize_and_name(target);
    }
    if (target->thread_count == TARGET_THREADS_MAX && count > done)
        target->threads_unlisted = count - done;
    (void)closedir(task_dir); /* read only */
    task_dir = NULL;
}

void target_detach(struct target *target)
{
    for (size_t i = 0; i < target->thread_count; i++) {
        struct target_thread *thread = &target->threads[i];
        if (thread->attached) {
            (void)ptrace(PTRACE_DETACH, thread->tid, NULL,
                         (void *)(intptr_t)thread->signal);
        }
        thread->attached = false;
    }
}
