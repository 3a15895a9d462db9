/* Looked for, started from, waited for. Context: tool. */
#include "symbolicate/helper.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/err.h"

#define ABOVE_OURS 10 /* descriptors that stand in nobody's way */

static bool in_directory(const char *directory, int size, const char *where,
                         const char *name, char out[PATH_MAX])
{
    int made =
        snprintf(out, PATH_MAX, "%.*s%s/%s", size, directory, where, name);

    return made > 0 && made < PATH_MAX && access(out, X_OK) == 0;
}

static bool beside(const char *path, const char *where, const char *name,
                   char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    return slash && in_directory(path, (int)(slash - path), where, name, out);
}

bool helper_find(const char *name, char ret_path[PATH_MAX])
{
    const char *given = getenv(HELPER_DIR_VARIABLE);
    char self[PATH_MAX];
    Dl_info info;

    if (given && *given)
        return in_directory(given, (int)strlen(given), "", name, ret_path);
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size > 0) {
        self[size] = '\0';
        if (beside(self, "", name, ret_path))
            return true;
    }
    return dladdr(&helper_find, &info) != 0 && info.dli_fname &&
           (beside(info.dli_fname, "/../bin", name, ret_path) ||
            beside(info.dli_fname, "/../../bin", name, ret_path));
}

void helper_limit(__rlimit_resource_t resource, rlim_t value)
{
    struct rlimit now;

    if (getrlimit(resource, &now) < 0)
        return; /* the exec goes on unlimited */
    now.rlim_cur = now.rlim_cur < value ? now.rlim_cur : value;
    now.rlim_max = now.rlim_max < value ? now.rlim_max : value;
    (void)setrlimit(resource, &now); /* lowering is allowed */
}

static bool same_name(const char *variable, const char *other)
{
    size_t size = strcspn(variable, "=");

    return strncmp(variable, other, size) == 0 && other[size] == '=';
}

static bool is_replaced(const char *variable, char *const *further,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (same_name(variable, further[i]))
            return true;
    }
    return same_name(variable, "LD_PRELOAD=");
}

char **helper_environment(char *const *further, size_t count)
{
    size_t size = 0;

    while (environ[size])
        size++;
    char **variables = calloc(size + count + 1, sizeof *variables);
    if (!variables)
        return NULL;
    size_t kept = 0;
    for (size_t i = 0; i < size; i++) {
        if (!is_replaced(environ[i], further, count))
            variables[kept++] = environ[i];
    }
    for (size_t i = 0; i < count; i++)
        variables[kept++] = further[i];
    return variables;
}

void helper_become(int kept_fd, int number)
{
    int null_fd = open("/dev/null", O_RDWR);
    int kept = fcntl(kept_fd, F_DUPFD, ABOVE_OURS);
    int null = fcntl(null_fd, F_DUPFD, ABOVE_OURS);

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    dup2(kept, number);
    close_range((unsigned)(number > STDERR_FILENO ? number : STDERR_FILENO) + 1,
                UINT_MAX, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    helper_limit(RLIMIT_CORE, 0);
}

int helper_wait(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno == ECHILD)
            return 0; /* our caller's program reaps all: its work will tell */
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ERR_FORMAT;
}
