/*
 * Starting, waiting, dying alike. A signal from the terminal reaches the whole
 * process group, so only what was sent to us alone is forwarded.
 * Context: tool.
 */
#include "reporter/watch/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "reporter/file_mode.h"
#include "reporter/log.h"
#include "reporter/watch/notify.h"

#define STAT_BYTES       1024
#define BYTES_PER_KIB    1024u
#define NS_PER_MS        1000000
#define FIELD_STATE      3
#define FIELD_THREADS    20
#define FIELD_STARTTICKS 22

/* The blank-separated fields of stat from the state on, and where they end. */
static const char *read_stat(pid_t pid, char text[STAT_BYTES],
                             const char **ret_end)
{
    char path[48];
    size_t size = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (io_read_text(AT_FDCWD, path, text, STAT_BYTES, &size) < 0)
        return NULL;
    *ret_end = text + size;
    const char *at = strrchr(text, ')'); /* the name may hold anything */
    return at && at + 2 < *ret_end ? at + 2 : NULL;
}

/* Field number, from FIELD_STATE on; 0 when it is not there. */
static uint64_t stat_field(const char *at, const char *end, int number)
{
    uint64_t value = 0;

    for (int field = FIELD_STATE; at && field < number; field++) {
        at = memchr(at, ' ', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at || fmt_parse_u64(&at, end, 10, &value) < 0)
        return 0;
    return value;
}

bool process_exists(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EPERM;
}

uint64_t process_start_ticks(pid_t pid)
{
    char text[STAT_BYTES];
    const char *end;
    const char *at = read_stat(pid, text, &end);

    return at ? stat_field(at, end, FIELD_STARTTICKS) : 0;
}

bool process_lives(pid_t pid, uint64_t start_ticks)
{
    char text[STAT_BYTES];
    const char *end;
    const char *at = read_stat(pid, text, &end);

    if (!at) /* hidepid, no /proc, no descriptor: then not to be told apart */
        return process_exists(pid);
    if (stat_field(at, end, FIELD_STARTTICKS) != start_ticks)
        return false;
    /* A main thread that ended is a zombie while others go on. */
    return (*at != 'Z' && *at != 'X') || stat_field(at, end, FIELD_THREADS) > 1;
}

static void block_all(struct child *child)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;

    sigfillset(&set);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++)
        sigdelset(&set, faults[i]);
    sigprocmask(SIG_SETMASK, &set, &child->mask);
    /* An ignored SIGCHLD would let the kernel reap behind our back. */
    sigaction(SIGCHLD, &action, &child->sigchld);
}

static int open_signals(void)
{
    sigset_t set;

    sigfillset(&set);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static _Noreturn void be_child(char *const argv[], char *const envp[],
                               const struct child *child, int report_fd)
{
    sigaction(SIGCHLD, &child->sigchld, NULL);
    sigprocmask(SIG_SETMASK, &child->mask, NULL);
    notify_adopt(getppid());
    file_mode_restore();
    execvpe(argv[0], argv, envp);
    int error = errno;
    DROP(io_write_all(report_fd, &error, sizeof error)); /* then 127 says it */
    _exit(127);
}

/* Everything is as it was before child_start. */
static int not_started(struct child *child, int r)
{
    fd_close(&child->signal_fd);
    fd_close(&child->notify_fd);
    notify_undo();
    (void)sigaction(SIGCHLD, &child->sigchld, NULL);
    (void)sigprocmask(SIG_SETMASK, &child->mask, NULL);
    return r;
}

int child_become(char *const argv[], char *const envp[])
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 0); /* exec would keep it */
    file_mode_restore();
    execvpe(argv[0], argv, envp);
    return -errno;
}

int child_start(char *const argv[], char *const envp[], struct child *ret_child,
                int *ret_exec_errno)
{
    struct child child = {.signal_fd = -1};
    int pipe_fd[2];
    int error = 0;
    size_t size = 0;

    if (pipe2(pipe_fd, O_CLOEXEC) < 0)
        return -errno;
    OWNED_FD read_fd = pipe_fd[0];
    OWNED_FD write_fd = pipe_fd[1];
    /* A subreaper sees to it that no orphan of the program escapes us. */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* without it we see less */
    block_all(&child);
    child.notify_fd = notify_open();
    child.signal_fd = open_signals();
    if (child.signal_fd < 0)
        return not_started(&child, child.signal_fd);
    child.pid = fork();
    if (child.pid < 0)
        return not_started(&child, -errno);
    if (child.pid == 0)
        be_child(argv, envp, &child, write_fd);
    fd_close(&write_fd);
    child.start_ticks = process_start_ticks(child.pid);
    DROP(io_read_all(read_fd, &error, sizeof error, &size)); /* 0 on exec */
    *ret_exec_errno = size == sizeof error ? error : 0;
    if (*ret_exec_errno != 0)
        (void)waitpid(child.pid, NULL, 0); /* it is at its end */
    *ret_child = child;
    return 0;
}

static bool has_ended(const siginfo_t *info)
{
    return info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
           info->si_code == CLD_DUMPED;
}

static struct child_end end_of(const siginfo_t *info,
                               const struct rusage *usage)
{
    struct child_end end = {.peak_rss_bytes =
                                (uint64_t)usage->ru_maxrss * BYTES_PER_KIB};

    if (info->si_code == CLD_EXITED) {
        end.status = info->si_status;
    } else {
        end.signal = info->si_status;
    }
    return end;
}

/*
 * There is no child to wait for, says the kernel: asked once more by its pid.
 * True when it has ended, or nobody will ever tell us.
 */
static bool take_by_pid(const struct child *child, struct child_end *ret_end)
{
    int status = 0;
    struct rusage usage = {0};
    pid_t pid = wait4(child->pid, &status, WNOHANG, &usage);

    if (pid == 0)
        return false;
    *ret_end = (struct child_end){
        .status = pid < 0 ? EX_OSERR : WEXITSTATUS(status),
        .signal = pid > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .peak_rss_bytes = (uint64_t)usage.ru_maxrss * BYTES_PER_KIB,
    };
    if (pid < 0)
        log_error("cannot wait for the program: %s", err_text(-errno));
    return true;
}

/* Takes what changed; true when the child has ended. */
static bool take_changes(struct child *child, struct child_end *ret_end)
{
    for (;;) {
        siginfo_t info = {0};
        struct rusage usage = {0};
        /* The kernel's own waitid(2) also tells what it used. */
        if (syscall(SYS_waitid, P_ALL, 0, &info,
                    WEXITED | WSTOPPED | WNOHANG | WNOWAIT, &usage) < 0)
            return errno == ECHILD && take_by_pid(child, ret_end);
        if (info.si_pid == 0)
            return false;
        bool ended = has_ended(&info);
        if (info.si_pid == child->pid && ended) {
            *ret_end = end_of(&info, &usage);
            return true;
        }
        (void)waitid(P_PID, (id_t)info.si_pid, &info,
                     WEXITED | WSTOPPED | WNOHANG); /* reaps it */
        if (info.si_pid == child->pid && !ended)
            raise(SIGSTOP); /* so that the shell sees the job stop */
    }
}

static void forward(const struct child *child,
                    const struct signalfd_siginfo *info)
{
    bool group_got_it = info->ssi_code == SI_KERNEL; /* the terminal's */
    int signal = (int)info->ssi_signo;

    if (group_got_it && signal != SIGHUP)
        return;
    if ((pid_t)info->ssi_pid == child->pid)
        return; /* its own, to its group: it has it already */
    /* When it is gone, its end comes next. */
    if (info->ssi_code == SI_QUEUE) {
        union sigval value = {.sival_ptr = (void *)(uintptr_t)info->ssi_ptr};
        (void)sigqueue(child->pid, signal, value);
    } else {
        (void)kill(child->pid, signal);
    }
}

static void forward_all(const struct child *child)
{
    struct signalfd_siginfo info;

    while (read(child->signal_fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGCHLD)
            forward(child, &info);
    }
}

/* Writes when to call next; returns how long that is, for poll. */
static int call_when_due(const struct child *child,
                         const struct child_meanwhile *meanwhile,
                         int64_t *due_ms)
{
    int64_t now_ms = sys_clock_ns(CLOCK_MONOTONIC) / NS_PER_MS;

    if (!meanwhile)
        return -1;
    if (now_ms >= *due_ms) {
        if (*due_ms > 0)
            meanwhile->call(child->pid, meanwhile->context);
        *due_ms =
            sys_clock_ns(CLOCK_MONOTONIC) / NS_PER_MS + meanwhile->every_ms;
        return (int)meanwhile->every_ms;
    }
    return (int)(*due_ms - now_ms);
}

void child_wait(struct child *child, const struct child_meanwhile *meanwhile,
                struct child_end *ret_end)
{
    int64_t due_ms = 0; /* 0: not begun */
    struct pollfd wanted[] = {{.fd = child->signal_fd, .events = POLLIN},
                              {.fd = child->notify_fd, .events = POLLIN}};
    nfds_t count = child->notify_fd >= 0 ? 2 : 1;

    while (!take_changes(child, ret_end)) {
        (void)poll(wanted, count, call_when_due(child, meanwhile, &due_ms));
        forward_all(child);
        if (child->notify_fd >= 0)
            notify_pass_on(child->notify_fd, child->pid);
    }
    if (child->notify_fd >= 0)
        notify_pass_on(child->notify_fd, child->pid); /* its last words */
}

void child_reap(const struct child *child)
{
    (void)waitpid(child->pid, NULL, 0); /* a zombie: returns at once */
    for (int i = 0; i < CHILD_REAPED_MAX; i++) {
        if (waitpid(-1, NULL, WNOHANG) <= 0)
            return;
    }
}

_Noreturn void child_die_alike(const struct child_end *end)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    struct rlimit none = {0};
    sigset_t set;

    if (end->signal == 0) {
        fflush(NULL);
        _exit(end->status);
    }
    setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE,
                0); /* a piped core pattern ignores the limit */
    sigaction(end->signal, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, end->signal);
    raise(end->signal);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    /* As pid 1 a signal to ourselves does nothing: say it as a shell does. */
    _exit(128 + end->signal);
}
