/*
 * A fork that does nothing but limit itself and exec, so a program with
 * threads may call it. Context: tool.
 */
#include "symbolicate/worker_run.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/err.h"

#define WORKER        "inquest-symbolicate-worker"
#define OUTPUT_FD     3
#define NUMBER_BYTES  24
#define ARGUMENTS_MAX (WORKER_ADDRESSES_MAX + 6)

static bool beside(const char *path, const char *where, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return false;
    int size = snprintf(out, PATH_MAX, "%.*s%s/" WORKER, (int)(slash - path),
                        path, where);
    return size < PATH_MAX && access(out, X_OK) == 0;
}

static bool find_worker(char path[PATH_MAX])
{
    const char *given = getenv("INQUEST_SYMBOLICATE_WORKER");
    char self[PATH_MAX];
    Dl_info info;

    if (given && *given) {
        (void)snprintf(path, PATH_MAX, "%s", given);
        return true;
    }
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size > 0) {
        self[size] = '\0';
        if (beside(self, "", path))
            return true;
    }
    return dladdr(&find_worker, &info) != 0 && info.dli_fname &&
           (beside(info.dli_fname, "/../bin", path) ||
            beside(info.dli_fname, "/../../bin", path));
}

static void limit(int resource, rlim_t value)
{
    struct rlimit now;

    if (getrlimit(resource, &now) == 0 && now.rlim_cur > value) {
        now.rlim_cur = value;
        (void)setrlimit(resource, &now); /* the exec goes on unlimited */
    }
}

static _Noreturn void be_worker(const char *path, char *const *arguments,
                                int output_fd)
{
    int null_fd = open("/dev/null", O_RDWR);

    dup2(null_fd, STDIN_FILENO);
    dup2(null_fd, STDOUT_FILENO);
    dup2(null_fd, STDERR_FILENO);
    if (output_fd == OUTPUT_FD) {
        fcntl(OUTPUT_FD, F_SETFD, 0);
    } else {
        dup2(output_fd, OUTPUT_FD);
    }
    close_range(OUTPUT_FD + 1, UINT_MAX, 0);
#ifndef __SANITIZE_ADDRESS__ /* its shadow needs more */
    limit(RLIMIT_AS, WORKER_MEMORY_BYTES);
#endif
    limit(RLIMIT_CPU, WORKER_CPU_SECONDS);
    limit(RLIMIT_CORE, 0);
    unsetenv("LD_PRELOAD");
    execv(path, arguments);
    _exit(127);
}

static int wait_for(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ERR_FORMAT;
}

int worker_run(const struct debug_file *file, int output_fd,
               const uint64_t *addresses, size_t count)
{
    char path[PATH_MAX];
    char numbers[WORKER_ADDRESSES_MAX][NUMBER_BYTES];
    char *arguments[ARGUMENTS_MAX] = {
        (char[]){WORKER},
        (char[]){"3"},
        (char *)(uintptr_t)file->main,
        (char *)(uintptr_t)file->debug,
        (char *)(uintptr_t)file->alt,
    };

    if (!find_worker(path))
        return -ENOENT;
    for (size_t i = 0; i < count && i < WORKER_ADDRESSES_MAX; i++) {
        (void)snprintf(numbers[i], NUMBER_BYTES, "%" PRIu64, addresses[i]);
        arguments[5 + i] = numbers[i];
    }
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        be_worker(path, arguments, output_fd);
    return wait_for(pid);
}
