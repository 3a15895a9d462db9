/* The child and its pipes. Context: tool. */
#include "proto/symbol_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"

#define KEY_BYTES 4400
#define END_MS    5000 /* between the end of its input and its own */

struct symbol_client {
    pid_t pid; /* 0: it is gone */
    int to, from;
    char *line;
    size_t size_bytes;
    json_t *debug; /* by module and build-id */
    symbol_client_wait *on_wait;
    bool told; /* on_wait was called for the question that waits */
};

/* What a limit does not hold back, its deadline does. */
static void limit_child(void)
{
    static const struct {
        __rlimit_resource_t resource;
        rlim_t most;
    } limits[] = {
        {RLIMIT_CPU, SYMBOL_CPU_SECONDS},
        {RLIMIT_FSIZE, SYMBOL_FILE_BYTES},
        {RLIMIT_NOFILE, SYMBOL_FILES},
        {RLIMIT_CORE, 0},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        struct rlimit limit = {limits[i].most, limits[i].most};
        (void)setrlimit(limits[i].resource, &limit); /* or lower already */
    }
}

/* Between fork and exec of a process with threads: system calls alone. */
static _Noreturn void be_child(char *const *arguments, int input, int output)
{
    int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    sigset_t all;

    (void)sigemptyset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    (void)dup2(input, STDIN_FILENO);
    (void)dup2(output, STDOUT_FILENO);
    (void)dup2(null_fd, STDERR_FILENO);
    limit_child();
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    execv(arguments[0], arguments);
    _exit(127);
}

static int start(struct symbol_client *client, char *const *arguments)
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
    client->pid = fork();
    if (client->pid < 0)
        return -errno;
    if (client->pid == 0)
        be_child(arguments, to_read, from_write);
    client->to = fd_take(&to_write);
    client->from = fd_take(&from_read);
    return 0;
}

int symbol_client_start(const char *program, const char *const *arguments,
                        struct symbol_client **ret_client)
{
    struct symbol_client *client = calloc(1, sizeof *client);
    const char *all[SYMBOL_ARGUMENTS_MAX + 3] = {program, "--serve"};
    int r = 0;

    for (size_t i = 0; arguments[i] && r == 0; i++) {
        if (i == SYMBOL_ARGUMENTS_MAX)
            r = -ERR_LIMIT;
        all[i + 2] = arguments[i];
    }
    if (!client)
        return -ENOMEM;
    client->to = -1;
    client->from = -1;
    client->line = malloc(SYMBOL_ANSWER_BYTES);
    client->debug = json_object();
    if (!client->line || !client->debug)
        r = -ENOMEM;
    (void)signal(SIGPIPE, SIG_IGN); /* its death is an error like another */
    if (r == 0)
        r = start(client, (char *const *)(uintptr_t)all);
    if (r < 0) {
        symbol_client_stop(&client);
        return r;
    }
    *ret_client = client;
    return 0;
}

/* Whether it ends by itself, now that its input has. */
static bool ends(pid_t pid)
{
    OWNED_FD pid_fd = pidfd_open(pid, 0);
    struct pollfd waiting = {.fd = pid_fd, .events = POLLIN};

    return pid_fd >= 0 && poll(&waiting, 1, END_MS) == 1;
}

/* Its input ends, and so does it; one that hangs is killed. */
static void end_child(struct symbol_client *client, bool kill_it)
{
    fd_close(&client->to);
    fd_close(&client->from);
    if (client->pid <= 0)
        return;
    if (kill_it || !ends(client->pid))
        (void)kill(client->pid, SIGKILL);
    (void)waitpid(client->pid, NULL, 0);
    client->pid = 0;
}

void symbol_client_stop(struct symbol_client **client)
{
    if (!*client)
        return;
    end_child(*client, false);
    json_decref((*client)->debug);
    free((*client)->line);
    free(*client);
    *client = NULL;
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void symbol_client_on_wait(struct symbol_client *client,
                           symbol_client_wait *on_wait)
{
    client->on_wait = on_wait;
}

static void tell(struct symbol_client *client, enum symbol_client_event event,
                 const json_t *what)
{
    if (client->on_wait)
        client->on_wait(event, what);
    client->told = event != SYMBOL_CLIENT_ANSWERED;
}

/* 0 once there are bytes to read; says once that they take long. */
static int wait_for_bytes(struct symbol_client *client, const json_t *request,
                          int64_t until_ms)
{
    struct pollfd waiting = {.fd = client->from, .events = POLLIN};
    int64_t left = until_ms - now_ms();

    if (left > SYMBOL_PATIENCE_MS && !client->told) {
        if (poll(&waiting, 1, SYMBOL_PATIENCE_MS) > 0)
            return 0;
        tell(client, SYMBOL_CLIENT_SLOW, request);
        left = until_ms - now_ms();
    }
    return left > 0 && poll(&waiting, 1, (int)left) > 0 ? 0 : -ETIMEDOUT;
}

/* More bytes behind those that are there. Fails with -errno, -ETIMEDOUT. */
static int read_more(struct symbol_client *client, const json_t *request,
                     int64_t until_ms)
{
    if (client->size_bytes == SYMBOL_ANSWER_BYTES)
        return -ERR_LIMIT;
    int r = wait_for_bytes(client, request, until_ms);
    if (r < 0)
        return r;
    ssize_t size = read(client->from, client->line + client->size_bytes,
                        SYMBOL_ANSWER_BYTES - client->size_bytes);
    if (size <= 0)
        return size < 0 ? -errno : -EPIPE;
    client->size_bytes += (size_t)size;
    return 0;
}

/* The next line as JSON; *ret_answer NULL where it is none. */
static int read_line(struct symbol_client *client, const json_t *request,
                     int64_t until_ms, json_t **ret_answer)
{
    char *end;

    while (!(end = memchr(client->line, '\n', client->size_bytes))) {
        int r = read_more(client, request, until_ms);
        if (r < 0)
            return r;
    }
    size_t size = (size_t)(end - client->line);
    *ret_answer = json_loadb(client->line, size, 0, NULL);
    client->size_bytes -= size + 1;
    memmove(client->line, end + 1, client->size_bytes);
    return 0;
}

static void make_key(char key[KEY_BYTES], const char *module,
                     const char *build_id)
{
    (void)snprintf(key, KEY_BYTES, "%.200s %.4096s", build_id, module);
}

/* The child tells of a debug file once; whoever asks later looks here. */
static void remember(struct symbol_client *client, const json_t *request,
                     json_t *answer)
{
    const char *module = json_string_value(json_object_get(request, "module"));
    const char *id = json_string_value(json_object_get(request, "buildId"));
    json_t *debug = json_object_get(answer, "debug");
    char key[KEY_BYTES];

    if (!debug || !module)
        return;
    make_key(key, module, id ? id : "");
    json_object_set(client->debug, key, debug);
}

json_t *symbol_client_ask(struct symbol_client *client, const json_t *request,
                          int64_t answer_ms)
{
    int64_t until_ms = now_ms() + answer_ms;
    json_t *answer = NULL;
    char *text = client->pid > 0 ? json_dumps(request, JSON_COMPACT) : NULL;

    if (!text)
        return NULL;
    size_t size = strlen(text);
    text[size] = '\n'; /* in place of its end */
    int r = io_write_all(client->to, text, size + 1);
    free(text);
    while (r == 0) {
        r = read_line(client, request, until_ms, &answer);
        const json_t *progress = json_object_get(answer, "progress");
        if (r == 0 && !progress)
            break;
        if (progress)
            tell(client, SYMBOL_CLIENT_PROGRESS, progress);
        json_decref(answer);
        answer = NULL;
    }
    if (client->told)
        tell(client, SYMBOL_CLIENT_ANSWERED, NULL);
    if (r < 0 || !answer) {
        end_child(client, true);
        return NULL;
    }
    remember(client, request, answer);
    return answer;
}

const json_t *symbol_client_debug(const struct symbol_client *client,
                                  const char *module, const char *build_id)
{
    char key[KEY_BYTES];

    make_key(key, module, build_id);
    return json_object_get(client->debug, key);
}

bool symbol_client_spent(const struct symbol_client *client)
{
    return client->pid <= 0 ||
           json_object_size(client->debug) > SYMBOL_MODULES_MAX;
}
