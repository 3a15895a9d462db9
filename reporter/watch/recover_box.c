/* The hearsay of one death as the dumper's command line. Context: tool. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/dumper_status.h"
#include "reporter/watch/recover.h"

#define ARGUMENTS_MAX 48
#define NUMBERS_MAX   16
#define NUMBER_BYTES  24

struct arguments {
    const char *items[ARGUMENTS_MAX + 1]; /* ends with NULL */
    size_t count;
    char numbers[NUMBERS_MAX][NUMBER_BYTES];
    size_t number_count;
};

static void add(struct arguments *arguments, const char *word)
{
    if (arguments->count < ARGUMENTS_MAX)
        arguments->items[arguments->count++] = word;
}

static void add_text(struct arguments *arguments, const char *name,
                     const char *value)
{
    if (!value)
        return;
    add(arguments, name);
    add(arguments, value);
}

static void add_number(struct arguments *arguments, const char *name,
                       uint64_t value)
{
    if (value == OOM_UNKNOWN || arguments->number_count == NUMBERS_MAX)
        return;
    char *text = arguments->numbers[arguments->number_count++];
    (void)snprintf(text, NUMBER_BYTES, "%" PRIu64, value);
    add_text(arguments, name, text);
}

static void add_counters(struct arguments *arguments,
                         const struct recover_facts *facts)
{
    add_number(arguments, "--cgroup-kills", facts->now.cgroup_kills);
    add_number(arguments, "--cgroup-kills-start", facts->before.cgroup_kills);
    add_number(arguments, "--system-kills", facts->now.system_kills);
    add_number(arguments, "--system-kills-start", facts->before.system_kills);
    add_number(arguments, "--group-kills", facts->now.group_kills);
    add_number(arguments, "--group-kills-start", facts->before.group_kills);
    add_number(arguments, "--peak-bytes", facts->peak_rss_bytes);
}

static int run_dumper(const char *program, char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    char *const environment[] = {NULL};
    pid_t pid;
    int status;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return -ENOMEM;
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                           O_WRONLY, 0);
    /* run says nothing on the program's terminal; the status says enough. */
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                           O_WRONLY, 0);
    int r = posix_spawn(&pid, program, &actions, NULL, arguments, environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (r != 0)
        return -r;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return WIFEXITED(status) ? dumper_status_error(WEXITSTATUS(status)) : -EIO;
}

int recover_box(const struct home *home, const char *box_path,
                const struct recover_facts *facts)
{
    char program[STATE_PATH_BYTES];
    struct arguments arguments = {0};

    int r = home_program("inquest-dumper", program);
    if (r < 0)
        return r;
    add(&arguments, "inquest-dumper");
    add(&arguments, "recover");
    add_text(&arguments, "--box", box_path);
    add_text(&arguments, "--state", home->state_path);
    add_text(&arguments, "--supervisor", facts->supervisor);
    if (facts->signal_number > 0)
        add_number(&arguments, "--signal", (uint64_t)facts->signal_number);
    add_text(&arguments, "--kernel-log", facts->kernel_log);
    if (facts->kernel_log_read)
        add(&arguments, "--kernel-log-read");
    if (facts->restarted)
        add(&arguments, "--restarted");
    add_counters(&arguments, facts);
    if (facts->pid > 0) {
        add_number(&arguments, "--pid", (uint64_t)facts->pid);
        add_number(&arguments, "--start-ticks", facts->start_ticks);
        add_text(&arguments, "--executable", facts->executable);
        add_text(&arguments, "--app", facts->app);
        add_text(&arguments, "--app-version", facts->app_version);
    }
    return run_dumper(program, (char *const *)arguments.items);
}
