/* The dumper as a child, and why it could not. Context: tool. */
#include "reporter/watch/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"

#define ARGUMENTS_MAX 10
#define PATH_BYTES    64
#define STATUS_BYTES  4096
#define NAME_BYTES    32
#define OUTPUT_BYTES  256

/* Runs it; what it prints goes to output. Returns its wait status. */
static int run_dumper(char *const arguments[], char output[OUTPUT_BYTES],
                      int *ret_status)
{
    char program[STATE_PATH_BYTES];
    char *const environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    size_t size = 0;
    pid_t pid;

    int r = home_program("inquest-dumper", program);
    if (r < 0)
        return r;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    OWNED_FD read_fd = ends[0];
    OWNED_FD write_fd = ends[1];
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -ENOMEM;
    (void)posix_spawn_file_actions_adddup2(&actions, write_fd, STDOUT_FILENO);
    r = posix_spawn(&pid, program, &actions, NULL, arguments, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (r != 0)
        return -r;
    fd_close(&write_fd); /* or we would wait for ourselves */
    r = io_read_all(read_fd, output, OUTPUT_BYTES - 1, &size);
    output[r < 0 ? 0 : size] = '\0';
    while (waitpid(pid, ret_status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

/* The name of uid, else its number. */
static void user_name(uid_t uid, char name[NAME_BYTES])
{
    const struct passwd *user = getpwuid(uid);

    if (user) {
        (void)snprintf(name, NAME_BYTES, "%s", user->pw_name);
    } else {
        (void)snprintf(name, NAME_BYTES, "%u", (unsigned)uid);
    }
}

/* TracerPid of proc(5), 0: none. Writes the tracer's name. */
static uint64_t tracer_of(pid_t pid, char name[NAME_BYTES])
{
    char path[PATH_BYTES];
    char text[STATUS_BYTES];
    size_t size = 0;
    uint64_t tracer = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    name[0] = '\0';
    if (io_read_text(AT_FDCWD, path, text, sizeof text, &size) < 0 ||
        fmt_find_u64(text, size, "TracerPid:", &tracer) < 0 || tracer == 0)
        return 0;
    (void)snprintf(path, sizeof path, "/proc/%d/comm", (int)tracer);
    DROP(io_read_text(AT_FDCWD, path, name, NAME_BYTES, &size));
    name[strcspn(name, "\n")] = '\0';
    return tracer;
}

static void explain_refusal(pid_t pid, char *why)
{
    char path[PATH_BYTES];
    char name[NAME_BYTES] = "";
    struct stat status;

    (void)snprintf(path, sizeof path, "/proc/%d", (int)pid);
    if (geteuid() != 0 && stat(path, &status) == 0 &&
        status.st_uid != geteuid()) {
        user_name(status.st_uid, name);
        (void)snprintf(why, SNAPSHOT_WHY_BYTES,
                       "process %d belongs to %s: only that user or root may "
                       "look at it",
                       (int)pid, name);
        return;
    }
    (void)snprintf(why, SNAPSHOT_WHY_BYTES,
                   "the kernel does not let us look at process %d: ptrace is "
                   "restricted here (/proc/sys/kernel/yama/ptrace_scope), or "
                   "the program forbids it; %s",
                   (int)pid,
                   geteuid() == 0 ? "a container may lack CAP_SYS_PTRACE"
                                  : "root may");
}

static void explain_busy(pid_t pid, char *why)
{
    char name[NAME_BYTES];
    uint64_t tracer = tracer_of(pid, name);

    if (tracer != 0) {
        (void)snprintf(why, SNAPSHOT_WHY_BYTES,
                       "process %d is traced by process %u (%s) already; a "
                       "process has one tracer, so end that first",
                       (int)pid, (unsigned)tracer, name);
        return;
    }
    (void)snprintf(why, SNAPSHOT_WHY_BYTES,
                   "process %d could not be stopped in time: it waits in the "
                   "kernel; try again",
                   (int)pid);
}

/* The dumper's exit status as a result. */
static int result_of(const struct watched *watched, int status, char *why)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;

    switch (code) {
    case EX_OK:
        return 0;
    case EX_NOINPUT:
        (void)snprintf(why, SNAPSHOT_WHY_BYTES, "process %d has ended",
                       (int)watched->pid);
        return -ESRCH;
    case EX_TEMPFAIL:
        explain_busy(watched->pid, why);
        return -EBUSY;
    case EX_NOPERM:
        explain_refusal(watched->pid, why);
        return -EPERM;
    default:
        (void)snprintf(why, SNAPSHOT_WHY_BYTES,
                       "no snapshot of process %d: the dumper ended with %s %d",
                       (int)watched->pid,
                       WIFEXITED(status) ? "status" : "signal",
                       WIFEXITED(status) ? code : WTERMSIG(status));
        return -EIO;
    }
}

int snapshot_take(const struct home *home, const struct watched *watched,
                  char ret_id[REPORT_ID_BYTES],
                  char ret_why[SNAPSHOT_WHY_BYTES])
{
    char pid[NAME_BYTES];
    char output[OUTPUT_BYTES] = "";
    const char *arguments[ARGUMENTS_MAX] = {
        "inquest-dumper", "snapshot", "--pid", pid, "--state", home->state_path,
    };
    size_t count = 6;
    int status = 0;

    (void)snprintf(pid, sizeof pid, "%d", (int)watched->pid);
    if (watched->box) {
        arguments[count++] = "--box";
        arguments[count++] = watched->path;
    }
    if (home->do_not_track)
        arguments[count++] = "--do-not-track";
    int r = run_dumper((char *const *)arguments, output, &status);
    if (r < 0) {
        (void)snprintf(ret_why, SNAPSHOT_WHY_BYTES,
                       "the dumper could not be started: %s", err_text(r));
        return -EIO;
    }
    r = result_of(watched, status, ret_why);
    if (r < 0)
        return r;
    output[strcspn(output, "\n")] = '\0';
    (void)snprintf(ret_id, REPORT_ID_BYTES, "%.36s", output);
    return 0;
}
