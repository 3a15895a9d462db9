/* Lines of a pipe, until a deadline. Context: tool. */
#include "symbolicate/find/fetch_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "symbolicate/helper.h"

#define FETCH          "inquest-symbolicate-fetch"
#define LINE_BYTES     (PATH_MAX + 16)
#define VARIABLE_BYTES (DEBUGINFOD_URLS_BYTES + 64)
#define NO_ANSWER_YET  1

enum { URLS, CACHE, SIZE_MAX_, STALL, VARIABLES };

struct fetch {
    const struct debuginfod *debuginfod;
    const char *build_id;
    char path[PATH_MAX];           /* once it is there */
    int64_t deadline_ms, stall_ms; /* by the clock below */
    uint64_t bytes;
    char line[LINE_BYTES];
    size_t filled;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static _Noreturn void be_fetch(const char *path, const char *build_id,
                               char *const *variables, int output_fd,
                               uint64_t bytes_max)
{
    char *arguments[] = {(char[]){FETCH}, (char *)(uintptr_t)build_id, NULL};

    helper_become(output_fd, STDOUT_FILENO);
    helper_limit(RLIMIT_FSIZE, bytes_max);
    execve(path, arguments, variables);
    _exit(127);
}

/* Starts it; its output is read from *ret_fd. */
static int start(const struct debuginfod *debuginfod, const char *build_id,
                 const char *directory, pid_t *ret_pid, int *ret_fd)
{
    char path[PATH_MAX];
    char text[VARIABLES][VARIABLE_BYTES];
    char *variables[VARIABLES] = {text[URLS], text[CACHE], text[SIZE_MAX_],
                                  text[STALL]};
    int ends[2];

    if (!helper_find(FETCH, path))
        return -ENOENT;
    (void)snprintf(text[URLS], VARIABLE_BYTES, "DEBUGINFOD_URLS=%s",
                   debuginfod->urls);
    (void)snprintf(text[CACHE], VARIABLE_BYTES, "DEBUGINFOD_CACHE_PATH=%s",
                   directory);
    (void)snprintf(text[SIZE_MAX_], VARIABLE_BYTES,
                   "DEBUGINFOD_MAXSIZE=%" PRIu64, debuginfod->bytes_max);
    (void)snprintf(text[STALL], VARIABLE_BYTES, "DEBUGINFOD_TIMEOUT=%d",
                   DEBUGINFOD_STALL_MS / 1000);
    char **all = helper_environment(variables, VARIABLES);
    if (!all || pipe2(ends, O_CLOEXEC) < 0) {
        free(all);
        return all ? -errno : -ENOMEM;
    }
    pid_t pid = fork();
    if (pid == 0)
        be_fetch(path, build_id, all, ends[1], debuginfod->bytes_max);
    int r = pid < 0 ? -errno : 0;
    free(all);
    fd_close(&ends[1]);
    if (r < 0)
        fd_close(&ends[0]);
    *ret_fd = ends[0];
    *ret_pid = pid;
    return r;
}

static int take_progress(struct fetch *fetch, const char *line)
{
    char *end = NULL;
    uint64_t bytes = strtoull(line, &end, 10);
    uint64_t total = strtoull(end, NULL, 10);
    const struct debuginfod *debuginfod = fetch->debuginfod;

    if (bytes > debuginfod->bytes_max || total > debuginfod->bytes_max)
        return -ERR_LIMIT;
    if (bytes > fetch->bytes) {
        fetch->bytes = bytes;
        fetch->stall_ms = now_ms() + DEBUGINFOD_STALL_MS;
    }
    if (debuginfod->progress) {
        debuginfod->progress(debuginfod->context, fetch->build_id, bytes,
                             total);
    }
    return NO_ANSWER_YET;
}

/* libdebuginfod says ENOENT also where an answer broke off. */
static int take_error(const struct fetch *fetch, const char *number)
{
    long error = strtol(number, NULL, 10);

    switch (error) {
    case ENOENT:
        return fetch->bytes > 0 ? -ERR_TORN : -ERR_NOT_FOUND;
    case EFBIG:
        return -ERR_LIMIT;
    case ETIME: /* libdebuginfod's own deadline */
        return -ETIMEDOUT;
    default:
        return error > 0 && error < ERR_FIRST ? (int)-error : -EIO;
    }
}

/* NO_ANSWER_YET, 0 or the error. */
static int take_line(struct fetch *fetch, const char *line)
{
    if (strncmp(line, "path ", 5) == 0) {
        size_t size = strlen(line + 5);
        if (size >= PATH_MAX)
            return -ENAMETOOLONG;
        memcpy(fetch->path, line + 5, size + 1);
        return 0;
    }
    if (strncmp(line, "error ", 6) == 0)
        return take_error(fetch, line + 6);
    return take_progress(fetch, line);
}

static int take_lines(struct fetch *fetch)
{
    int r = NO_ANSWER_YET;
    char *newline;

    while (r == NO_ANSWER_YET &&
           (newline = memchr(fetch->line, '\n', fetch->filled))) {
        *newline = '\0';
        r = take_line(fetch, fetch->line);
        size_t used = (size_t)(newline - fetch->line) + 1;
        memmove(fetch->line, fetch->line + used, fetch->filled - used);
        fetch->filled -= used;
    }
    return r == NO_ANSWER_YET && fetch->filled == LINE_BYTES ? -ERR_FORMAT : r;
}

static int follow(struct fetch *fetch, int fd)
{
    int r = NO_ANSWER_YET;

    while (r == NO_ANSWER_YET) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        int64_t end = fetch->deadline_ms < fetch->stall_ms ? fetch->deadline_ms
                                                           : fetch->stall_ms;
        int64_t left = end - now_ms();
        int ready = left > 0 ? poll(&waiting, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return ready < 0 ? -errno : -ETIMEDOUT;
        ssize_t size =
            read(fd, fetch->line + fetch->filled, LINE_BYTES - fetch->filled);
        if (size <= 0)
            return -EPIPE; /* it died */
        fetch->filled += (size_t)size;
        r = take_lines(fetch);
    }
    return r;
}

/* Ends it; -EPIPE becomes -ERR_LIMIT when it was its size that ended it. */
static int finish(pid_t pid, int r)
{
    int status = 0;

    if (r < 0 && r != -EPIPE)
        (void)kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (r == -EPIPE && WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
        return -ERR_LIMIT;
    return r;
}

int fetch_run(const struct debuginfod *debuginfod, const char *build_id,
              const char *directory, char ret_path[PATH_MAX])
{
    struct fetch fetch = {
        .debuginfod = debuginfod,
        .build_id = build_id,
        .deadline_ms = now_ms() + debuginfod->wait_ms,
        .stall_ms = now_ms() + DEBUGINFOD_STALL_MS,
    };
    OWNED_FD fd = -1;
    pid_t pid = -1;

    int r = start(debuginfod, build_id, directory, &pid, &fd);
    if (r == 0)
        r = finish(pid, follow(&fetch, fd));
    if (r == 0)
        memcpy(ret_path, fetch.path, PATH_MAX);
    return r;
}
