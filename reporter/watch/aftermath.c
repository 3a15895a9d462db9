/* Report, recovery, upload. Context: tool. */
#include "reporter/watch/aftermath.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "reporter/queue/reports.h"
#include "reporter/show/headline.h"
#include "reporter/watch/box_owner.h"
#include "reporter/watch/kernel_log.h"
#include "reporter/watch/recover.h"

#define WAIT_MS_MAX  3600000
#define NUMBER_BYTES 32

static uint64_t now_ms(clockid_t clock)
{
    return (uint64_t)sys_clock_ns(clock) / 1000000u;
}

void aftermath_prepare(struct aftermath *aftermath)
{
    aftermath->start_ms = now_ms(CLOCK_REALTIME);
    aftermath->start_boot_ms = now_ms(CLOCK_BOOTTIME);
    aftermath->kernel_log_fd = kernel_log_open(false);
    oom_cgroup_of(getpid(), aftermath->cgroup);
    oom_counters_read(aftermath->cgroup, &aftermath->before);
}

static void copy_cause(struct aftermath *aftermath,
                       const Inquest__V1__Report *report)
{
    char line[HEADLINE_BYTES];

    headline_cause(report, line);
    (void)snprintf(aftermath->cause, sizeof aftermath->cause, "%.255s", line);
}

/* Not one of its life: an alarm, a detection, a snapshot. */
static bool is_of_death(const Inquest__V1__Report *report)
{
    return report->kind == INQUEST__V1__KIND__CRASH ||
           report->kind == INQUEST__V1__KIND__TERMINATION;
}

/* The start by the wall clock; it may have been set back since. */
static uint64_t earliest_ms(const struct aftermath *aftermath)
{
    uint64_t ran_ms = now_ms(CLOCK_BOOTTIME) - aftermath->start_boot_ms;
    uint64_t wall_ms = now_ms(CLOCK_REALTIME);
    uint64_t start_ms = wall_ms > ran_ms ? wall_ms - ran_ms : 0;

    return start_ms < aftermath->start_ms ? start_ms : aftermath->start_ms;
}

/*
 * The newest report of this pid's death since the start: 1, or 0 for none.
 * Fails with what kept us from looking.
 */
static int find_report(struct aftermath *aftermath, struct home *home,
                       pid_t pid)
{
    OWNED_REPORTS reports = {0};
    uint64_t since_ms = earliest_ms(aftermath);

    int r = reports_list(&home->queue, &reports);
    if (r < 0)
        return r;
    for (size_t i = reports.count; i > 0; i--) {
        const char *id = reports.items[i - 1].id;
        OWNED_REPORT *report = NULL;
        if (reports_id_time_ms(id) < since_ms)
            return 0;
        r = reports_load(&home->queue, id, &report);
        if (r < 0 && r > -ERR_FIRST && r != -ENOENT)
            return r; /* it may be this one; what is malformed is not */
        if (r < 0 || !report->process ||
            report->process->pid != (uint32_t)pid || !is_of_death(report))
            continue;
        memcpy(aftermath->report_id, id, sizeof aftermath->report_id);
        copy_cause(aftermath, report);
        return 1;
    }
    return 0;
}

bool aftermath_deserves_report(const struct child_end *end)
{
    switch (end->signal) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGSYS:
    case SIGKILL:
    case SIGXCPU:
    case SIGXFSZ:
        return true;
    default:
        return false;
    }
}

/* The cgroup that the program was in, as its box says. True: it was in others
 * before. */
static bool find_cgroup(const char *box_path, char cgroup[OOM_CGROUP_BYTES])
{
    OWNED_FD fd = -1;
    const struct box *box = box_open(AT_FDCWD, box_path, &fd);

    if (!box)
        return false; /* as it was before the start */
    bool moved = box->control.cgroup_moves != 0;
    box_owner_cgroup(box, cgroup, OOM_CGROUP_BYTES);
    box_close(box);
    return moved;
}

/* Whether it died in another cgroup than it was seen in last. */
static bool died_elsewhere(pid_t zombie, const char *cgroup)
{
    char last[OOM_CGROUP_BYTES];

    return oom_cgroup_of(zombie, last) == 2 && strcmp(last, cgroup) != 0;
}

static void forget_cgroup(struct oom_counters *counters)
{
    counters->cgroup_kills = OOM_UNKNOWN;
    counters->group_kills = OOM_UNKNOWN;
}

/* Counters before and now, and the kernel's word, which may come late. */
static void ask_about_kill(const struct aftermath *aftermath, pid_t pid,
                           const char *box_path,
                           char line[KERNEL_LOG_LINE_BYTES],
                           struct recover_facts *facts)
{
    char cgroup[OOM_CGROUP_BYTES];
    const struct kernel_death wanted = {
        .pid = pid, .name = "", .before_us = UINT64_MAX};

    box_string(cgroup, sizeof cgroup, aftermath->cgroup);
    bool moved = find_cgroup(box_path, cgroup);
    oom_counters_read(cgroup, &facts->now);
    facts->before = aftermath->before;
    /* What two cgroups counted is no difference. */
    if (moved || strcmp(cgroup, aftermath->cgroup) != 0)
        forget_cgroup(&facts->before);
    if (died_elsewhere(pid, cgroup))
        forget_cgroup(&facts->now);
    facts->kernel_log_read = aftermath->kernel_log_fd >= 0;
    bool counted = facts->now.system_kills != facts->before.system_kills;
    if (kernel_log_find_kill(aftermath->kernel_log_fd, &wanted,
                             counted ? KERNEL_LOG_WAIT_MS : 0, line))
        facts->kernel_log = line;
}

/* What the kernel knows of the death. */
static void ask_kernel(const struct aftermath *aftermath, pid_t pid,
                       const char *box_path, char line[KERNEL_LOG_LINE_BYTES],
                       struct recover_facts *facts)
{
    facts->before = facts->now =
        (struct oom_counters){OOM_UNKNOWN, OOM_UNKNOWN, OOM_UNKNOWN};
    if (facts->signal_number == SIGKILL) {
        ask_about_kill(aftermath, pid, box_path, line, facts);
    } else if (kernel_log_find_fault(aftermath->kernel_log_fd, pid, line)) {
        facts->kernel_log = line;
    }
}

static void box_path_of(const struct home *home, const struct child *child,
                        char ret_path[STATE_PATH_BYTES + BOX_NAME_BYTES])
{
    char name[BOX_NAME_BYTES];

    state_box_name(child->pid, child->start_ticks, name);
    (void)snprintf(ret_path, STATE_PATH_BYTES + BOX_NAME_BYTES, "%s/%s",
                   home->box_path, name);
}

static void remove_box(const struct home *home, const struct child *child)
{
    char name[BOX_NAME_BYTES];
    OWNED_FD dir = -1;

    state_box_name(child->pid, child->start_ticks, name);
    if (state_dir_find(home->box_path, &dir) == 0)
        (void)unlinkat(dir, name, 0); /* mostly there is none */
}

bool aftermath_of(struct aftermath *aftermath, struct home *home,
                  const struct child *child, const struct child_end *end)
{
    char box[STATE_PATH_BYTES + BOX_NAME_BYTES];
    char line[KERNEL_LOG_LINE_BYTES];

    box_path_of(home, child, box);
    if (!aftermath_deserves_report(end)) {
        remove_box(home, child); /* the program slipped past our exit hooks */
        return false;
    }
    int found = find_report(aftermath, home, child->pid);
    if (found > 0)
        return true;
    struct recover_facts facts = {
        .supervisor = "saw",
        .signal_number = end->signal,
        .peak_rss_bytes = end->peak_rss_bytes,
        /* A report that we could not see is not made again. */
        .pid = found < 0 ? 0 : child->pid,
        .start_ticks = child->start_ticks,
        .executable = aftermath->executable,
        .app = aftermath->app,
        .app_version = aftermath->app_version,
    };
    ask_kernel(aftermath, child->pid, box, line, &facts);
    return recover_box(home, box, &facts) == 0 &&
           find_report(aftermath, home, child->pid) > 0;
}

void aftermath_end(const struct home *home, const struct child *child)
{
    char path[STATE_PATH_BYTES + BOX_NAME_BYTES];
    OWNED_FD fd = -1;

    box_path_of(home, child, path);
    const struct box *box = box_open(AT_FDCWD, path, &fd);
    if (!box)
        return;
    if (box->control.wiped)
        remove_box(home, child);
    box_close(box);
}

static _Noreturn void become_uploader(const char *wait_seconds)
{
    char wait[NUMBER_BYTES];
    char program[STATE_PATH_BYTES];
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;

    (void)setsid();
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    for (int fd = 0; fd <= STDERR_FILENO && null_fd >= 0; fd++)
        (void)dup2(null_fd, fd);
    unsetenv("LD_PRELOAD");
    (void)snprintf(wait, sizeof wait, "--wait=%s",
                   wait_seconds ? wait_seconds : "");
    if (home_program("inquest", program) == 0) {
        execl(program, "inquest", "upload", "--quiet",
              wait_seconds ? wait : NULL, (char *)NULL);
    }
    _exit(127);
}

/* Waits for the uploader through a descriptor: no polling. */
static void wait_for(pid_t pid, const char *seconds)
{
    long limit_ms = strtol(seconds, NULL, 10) * 1000;
    OWNED_FD fd = pidfd_open(pid, 0);
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    if (limit_ms > 0 && fd >= 0) {
        (void)poll(&wanted, 1,
                   (int)(limit_ms < WAIT_MS_MAX ? limit_ms : WAIT_MS_MAX));
    }
}

void aftermath_upload(const struct home *home, const char *wait_seconds)
{
    if (!config_get(&home->config, "endpoint"))
        return;
    pid_t pid = fork();
    if (pid == 0)
        become_uploader(wait_seconds);
    if (pid > 0 && wait_seconds)
        wait_for(pid, wait_seconds);
}
