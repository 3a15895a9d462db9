/*
 * inject OPTION… -- PROGRAM ARG…: runs a program and fails the Nth of its
 * system calls.
 *
 *     --program NAME    executable whose calls count (descendants too)
 *     --call A[,B…]     which calls; without: every one
 *     --module TEXT     only those made from a mapping with TEXT in its path
 *     --except TEXT     none of those made from such a mapping
 *     --nth N [--on]    the Nth, with --on all later ones too; 0: count
 *     --errno N | --short | --kill | --meanwhile COMMAND (of sh, then the call)
 *     --bound SECONDS   then the whole tree is killed, and called hung
 *     --report FILE     one line: hits= fired= status= hung= left= and how
 *                       often each call was seen, NAME=COUNT
 *
 * left counts processes that outlived the program by more than GRACE_MS.
 * Ends with 0; 77 when this kernel cannot do it. Context: tool.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "tests/fault/injector.h"

#define GRACE_MS       5000
#define EXIT_SKIPPED   77
#define CHILDREN_BYTES 4096
#define ROUNDS_MAX     1000

struct run {
    struct injection injection;
    struct injector_result result;
    const char *report;
    long bound_ms;
    pid_t pid;
    int listener;
    int signals; /* signalfd of SIGCHLD */
    int status;  /* wait status of pid */
    bool ended;  /* pid was reaped */
    bool hung;
    int left;
};

static const struct option options[] = {
    {"program", required_argument, NULL, 'p'},
    {"call", required_argument, NULL, 'c'},
    {"module", required_argument, NULL, 'm'},
    {"except", required_argument, NULL, 'x'},
    {"nth", required_argument, NULL, 'n'},
    {"on", no_argument, NULL, 'o'},
    {"errno", required_argument, NULL, 'e'},
    {"short", no_argument, NULL, 's'},
    {"kill", no_argument, NULL, 'k'},
    {"meanwhile", required_argument, NULL, 'w'},
    {"bound", required_argument, NULL, 'b'},
    {"report", required_argument, NULL, 'r'},
    {0},
};

static long now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool parse_calls(struct injection *injection, char *names)
{
    char *rest = names;

    for (char *name; (name = strsep(&rest, ","));) {
        int number = injector_call_number(name);
        if (number < 0 || injection->call_count == INJECTOR_CALLS_MAX)
            return false;
        injection->calls[injection->call_count++] = number;
    }
    return true;
}

static bool take_option(struct run *run, int option)
{
    struct injection *injection = &run->injection;

    switch (option) {
    case 'p':
        injection->program = optarg;
        return true;
    case 'c':
        return parse_calls(injection, optarg);
    case 'm':
        injection->module = optarg;
        return true;
    case 'x':
        injection->except = optarg;
        return true;
    case 'n':
        injection->nth = strtol(optarg, NULL, 10);
        return injection->nth >= 0;
    case 'o':
        injection->on = true;
        return true;
    case 'e':
        injection->error = (int)strtol(optarg, NULL, 10);
        return injection->error > 0;
    case 's':
        injection->action = INJECTOR_SHORT;
        return true;
    case 'k':
        injection->action = INJECTOR_KILL;
        return true;
    case 'w':
        injection->action = INJECTOR_RUN;
        injection->command = optarg;
        return true;
    case 'b':
        run->bound_ms = strtol(optarg, NULL, 10) * 1000;
        return run->bound_ms > 0;
    case 'r':
        run->report = optarg;
        return true;
    default:
        return false;
    }
}

static bool parse(struct run *run, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (!take_option(run, option))
            return false;
    }
    return run->injection.program && run->report && optind < argc;
}

static void reap(struct run *run)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    if (run->signals >= 0)
        DROP(read(run->signals, &info, sizeof info)); /* only to drain it */
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid == run->pid) {
            run->status = status;
            run->ended = true;
        }
    }
}

/* Kills what is left of the tree: as subreaper we are everyone's parent. */
static int kill_rest(void)
{
    char text[CHILDREN_BYTES];
    char path[64];
    int killed = 0;

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    for (int round = 0; round < ROUNDS_MAX; round++) {
        FILE *file = fopen(path, "re");
        size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
        if (file)
            (void)fclose(file);
        text[size] = '\0';
        if (size == 0)
            break;
        char *at = text;
        for (long pid; (pid = strtol(at, &at, 10)) > 0; killed++)
            (void)kill((pid_t)pid, SIGKILL);
        (void)waitpid(-1, NULL, 0);
    }
    return killed;
}

/* How long to wait still; 0: the time is over. */
static int remaining_ms(const struct run *run, long end_ms, long grace_ms)
{
    long until = run->ended && grace_ms < end_ms ? grace_ms : end_ms;
    long rest = until - now_ms();

    return rest > 0 ? (int)rest : 0;
}

static void serve(struct run *run)
{
    long end_ms = now_ms() + run->bound_ms;
    long grace_ms = end_ms;
    struct pollfd ready[] = {
        {.fd = run->listener, .events = POLLIN},
        {.fd = run->signals, .events = POLLIN},
    };

    for (;;) {
        int wait_ms = remaining_ms(run, end_ms, grace_ms);
        if (wait_ms == 0 || poll(ready, 2, wait_ms) == 0)
            break;
        if (ready[0].revents & POLLIN)
            injector_answer(&run->injection, run->listener, &run->result);
        if (ready[1].revents & POLLIN) {
            bool before = run->ended;
            reap(run);
            if (run->ended && !before)
                grace_ms = now_ms() + GRACE_MS;
        }
        if (run->ended && (ready[0].revents & POLLHUP))
            return;
    }
    run->hung = !run->ended;
    run->left = kill_rest();
}

static int tell(const struct run *run)
{
    FILE *file = fopen(run->report, "we");

    if (!file)
        return EX_CANTCREAT;
    int status = WIFEXITED(run->status) ? WEXITSTATUS(run->status)
                                        : -WTERMSIG(run->status);
    (void)fprintf(file, "hits=%ld fired=%ld status=%d hung=%d left=%d",
                  run->result.hits, run->result.fired, status, run->hung,
                  run->hung ? 0 : run->left);
    for (int number = 0; number < INJECTOR_NUMBER_MAX; number++) {
        long count = run->result.by_number[number];
        if (count > 0 && injector_call_name(number)) {
            (void)fprintf(file, " %s=%ld", injector_call_name(number), count);
        }
    }
    return fclose(file) == 0 ? EX_OK : EX_IOERR;
}

int main(int argc, char **argv)
{
    struct run run = {.bound_ms = 20000, .listener = -1};
    sigset_t child;

    if (!parse(&run, argc, argv)) {
        fputs("inject: see its first comment for the options\n", stderr);
        return EX_USAGE;
    }
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    int r =
        injector_start(&run.injection, argv + optind, &run.pid, &run.listener);
    if (r < 0) {
        fprintf(stderr, "inject: no seccomp listener here: %s\n", strerror(-r));
        return EXIT_SKIPPED;
    }
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &child, NULL);
    run.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (run.signals < 0)
        return EX_OSERR;
    reap(&run); /* what ended before the signals were blocked */
    serve(&run);
    return tell(&run);
}
