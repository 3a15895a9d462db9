/* The child that knows names. Context: tool. */
#include "reporter/show/symbolizer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/state_dir.h"
#include "reporter/home.h"
#include "reporter/show/view.h"

struct symbolizer {
    pid_t pid;
    FILE *to;
    FILE *from;
    char *line;
    size_t line_capacity;
    json_t *modules;
    bool told; /* something stands on the terminal's line */
};

static _Noreturn void be_child(const char *path, char *const *arguments,
                               int input, int output)
{
    int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(null_fd, STDERR_FILENO);
    execv(path, arguments);
    _exit(127);
}

static int start(struct symbolizer *symbolizer, const char *path,
                 char *const *arguments)
{
    int to[2];
    int from[2];

    if (pipe2(to, O_CLOEXEC) < 0)
        return -errno;
    OWNED_FD to_read = to[0];
    OWNED_FD to_write = to[1];
    if (pipe2(from, O_CLOEXEC) < 0)
        return -errno;
    OWNED_FD from_read = from[0];
    OWNED_FD from_write = from[1];
    signal(SIGPIPE, SIG_IGN); /* its death is an error like another */
    symbolizer->pid = fork();
    if (symbolizer->pid < 0)
        return -errno;
    if (symbolizer->pid == 0)
        be_child(path, arguments, to_read, from_write);
    symbolizer->to = fdopen(fd_take(&to_write), "w");
    symbolizer->from = fdopen(fd_take(&from_read), "r");
    return symbolizer->to && symbolizer->from ? 0 : -ENOMEM;
}

int symbolizer_start(const char *debuginfod, struct symbolizer **ret_symbolizer)
{
    char path[STATE_PATH_BYTES];
    char *option = NULL;

    int r = home_program("inquest-symbolicate", path);
    if (r < 0)
        return r;
    if (debuginfod && asprintf(&option, "--debuginfod%s%s",
                               *debuginfod ? "=" : "", debuginfod) < 0)
        return -ENOMEM;
    struct symbolizer *symbolizer = calloc(1, sizeof *symbolizer);
    char *arguments[] = {path, (char[]){"--serve"}, option, NULL};
    if (symbolizer)
        symbolizer->modules = json_object();
    r = symbolizer ? start(symbolizer, path, arguments) : -ENOMEM;
    free(option);
    if (r < 0) {
        symbolizer_stop(&symbolizer);
    } else {
        *ret_symbolizer = symbolizer;
    }
    return r;
}

void symbolizer_stop(struct symbolizer **symbolizer)
{
    struct symbolizer *s = *symbolizer;

    if (!s)
        return;
    if (s->to)
        fclose(s->to);
    if (s->from)
        fclose(s->from);
    if (s->pid > 0)
        (void)waitpid(s->pid, NULL, 0); /* its input has ended */
    json_decref(s->modules);
    free(s->line);
    free(s);
    *symbolizer = NULL;
}

/* On a terminal's standard error, a line that the next one replaces. */
static void tell(struct symbolizer *symbolizer, const char *what,
                 const char *which)
{
    if (!isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\r\033[K%s ", what);
    view_print(stderr, which);
    symbolizer->told = true;
}

static void tell_progress(struct symbolizer *symbolizer, const json_t *progress)
{
    const char *id = json_string_value(json_object_get(progress, "buildId"));
    json_int_t bytes = json_integer_value(json_object_get(progress, "bytes"));
    json_int_t total = json_integer_value(json_object_get(progress, "total"));
    char done[VIEW_BYTES_TEXT];
    char all[VIEW_BYTES_TEXT] = "?";
    char text[VIEW_BYTES_TEXT * 2 + 32];

    view_bytes((uint64_t)bytes, done);
    if (total > 0)
        view_bytes((uint64_t)total, all);
    (void)snprintf(text, sizeof text, "%.8s: %s of %s", id ? id : "", done,
                   all);
    tell(symbolizer, "fetching debug file", text);
}

static void wipe(struct symbolizer *symbolizer)
{
    if (symbolizer->told)
        fputs("\r\033[K", stderr);
    symbolizer->told = false;
}

/* Every answer has been read, so the stream's buffer is empty here. */
static void wait_patiently(struct symbolizer *symbolizer, const json_t *request)
{
    struct pollfd waiting = {.fd = fileno(symbolizer->from), .events = POLLIN};
    const char *module = json_string_value(json_object_get(request, "module"));

    if (poll(&waiting, 1, SYMBOLIZER_PATIENCE_MS) == 0 && module)
        tell(symbolizer, "reading debug information of", module);
}

json_t *symbolizer_modules(struct symbolizer *symbolizer)
{
    return symbolizer->modules;
}

static json_t *next_line(struct symbolizer *symbolizer)
{
    return getline(&symbolizer->line, &symbolizer->line_capacity,
                   symbolizer->from) > 0
               ? json_loads(symbolizer->line, 0, NULL)
               : NULL;
}

json_t *symbolizer_ask(struct symbolizer *symbolizer, const json_t *request)
{
    char *text = json_dumps(request, JSON_COMPACT);
    json_t *progress;

    int r = text ? fprintf(symbolizer->to, "%s\n", text) : -1;
    free(text);
    if (r < 0 || fflush(symbolizer->to) != 0)
        return NULL;
    wait_patiently(symbolizer, request);
    json_t *answer = next_line(symbolizer);
    while ((progress = json_object_get(answer, "progress"))) {
        tell_progress(symbolizer, progress);
        json_decref(answer);
        answer = next_line(symbolizer);
    }
    wipe(symbolizer);
    return answer;
}
