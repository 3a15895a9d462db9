/*
 * A living process, looked at from outside. It must go on unharmed: it stands
 * still only while its stacks are read, signals that arrive are kept for it,
 * calls that a stop would end begin again, and should we be killed the kernel
 * lets it go. Context: tool.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "handler/dumper/deliver.h"
#include "handler/dumper/modes.h"
#include "handler/dumper/session.h"
#include "handler/dumper/substitute_box.h"
#include "proto/base/confine.h"
#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/io.h"
#include "proto/base/sys.h"
#include "proto/report_set.h"
#include "proto/state_dir.h"

#define STILL_MS_MAX  1000 /* for all stacks together */
#define ALARM_SECONDS 10   /* after that something is badly wrong */
#define STAT_BYTES    1024
#define STATUS_BYTES  4096
#define PATH_BYTES    64
#define NS_PER_S      1000000000ull

struct snapshot {
    int pid;
    const char *box_path; /* NULL: it is not watched */
    const char *state_dir;
    bool do_not_track;
};

/* All of it a number: half of one is another process. */
static bool parse_pid(const char *text, int *ret_pid)
{
    const char *end = text + strlen(text);
    uint64_t pid = 0;

    if (fmt_parse_u64(&text, end, 10, &pid) < 0 || text != end || pid > INT_MAX)
        return false;
    *ret_pid = (int)pid;
    return true;
}

static bool parse_option(const char *name, const char *value,
                         struct snapshot *snapshot)
{
    if (strcmp(name, "--pid") == 0)
        return parse_pid(value, &snapshot->pid);
    if (strcmp(name, "--box") == 0) {
        snapshot->box_path = value;
    } else if (strcmp(name, "--state") == 0) {
        snapshot->state_dir = value;
    } else {
        return false;
    }
    return true;
}

static bool parse(int argc, char **argv, struct snapshot *snapshot)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--do-not-track") == 0) {
            snapshot->do_not_track = true;
            continue;
        }
        if (i + 1 == argc || !parse_option(argv[i], argv[i + 1], snapshot))
            return false;
        i++;
    }
    return snapshot->pid > 0 && snapshot->state_dir;
}

/* A copy, so that nothing in it changes while we read. NULL: none, or torn. */
static struct box *copy_box(const char *path)
{
    static struct box box;
    size_t size = 0;
    OWNED_FD fd =
        path ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;

    if (fd < 0 || io_read_all(fd, &box, sizeof box, &size) < 0 ||
        size != sizeof box || !box_valid(&box, sizeof box) ||
        !box_sealed(&box.identity, sizeof box.identity))
        return NULL;
    box.control.crashed = 0; /* this report is not about that */
    return &box;
}

/* Fields 4 and 22 of /proc/PID/stat: parent, and start after boot. */
static void read_stat(struct substitute *who)
{
    char path[PATH_BYTES];
    char text[STAT_BYTES];
    size_t size = 0;
    uint64_t value = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", who->pid);
    DROP(io_read_text(AT_FDCWD, path, text, sizeof text, &size));
    const char *at = size > 0 ? strrchr(text, ')') : NULL;
    const char *end = text + size;
    for (int field = 2; at && field < 22; field++) {
        at = memchr(at, ' ', (size_t)(end - at));
        at = at ? at + 1 : NULL;
        if (field == 3 && at && fmt_parse_u64(&at, end, 10, &value) == 0)
            who->parent_pid = (int)value;
    }
    if (!at || fmt_parse_u64(&at, end, 10, &value) < 0)
        return;
    who->start_ticks = value;
    who->start_boot_ns = value * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

static struct box *box_of_stranger(const struct snapshot *snapshot,
                                   int state_fd)
{
    static char executable[sizeof((struct box_identity *)0)->executable];
    struct substitute who = {.pid = snapshot->pid,
                             .executable = executable,
                             .app = "",
                             .app_version = "",
                             .state_dir = snapshot->state_dir};
    char path[PATH_BYTES];

    (void)snprintf(path, sizeof path, "/proc/%d/exe", snapshot->pid);
    if (readlink(path, executable, sizeof executable - 1) < 0)
        executable[0] = '\0';
    read_stat(&who);
    struct box *box = substitute_box(&who, state_fd);
    box->identity.do_not_track = snapshot->do_not_track;
    return box;
}

static const struct target_thread *first_stopped(const struct target *target)
{
    for (size_t i = 0; i < target->thread_count; i++) {
        if (target->threads[i].stopped)
            return &target->threads[i];
    }
    return NULL;
}

/* Why not one thread could be stopped. */
static int why_refused(const struct target *target)
{
    char path[PATH_BYTES];
    char text[STATUS_BYTES];
    size_t size = 0;
    uint64_t tracer = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/status", target->pid);
    if (io_read_text(AT_FDCWD, path, text, sizeof text, &size) < 0 ||
        strstr(text, "\nState:\tZ") || strstr(text, "\nState:\tX"))
        return EX_NOINPUT;
    if (fmt_find_u64(text, size, "TracerPid:", &tracer) == 0 && tracer != 0)
        return EX_TEMPFAIL;
    return target->threads_missed > 0 ? EX_TEMPFAIL : EX_NOPERM;
}

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* The one part for which it stands still. */
static int read_stacks(struct build *build, uint64_t *ret_still_us)
{
    struct target *target = build->target;
    uint64_t begin_us = now_us();

    target->goes_on = true;
    build->deadline_ms = target_now_ms() + STILL_MS_MAX;
    target_seize(target);
    target_attach(target);
    (void)signal(SIGALRM, SIG_DFL); /* attach used it to bound its waits */
    (void)alarm(ALARM_SECONDS);
    const struct target_thread *thread = first_stopped(target);
    if (!thread) {
        target_detach(target);
        return why_refused(target);
    }
    target->memory_tid = thread->tid;
    if (!target_open_memory(target, thread->registers[TARGET_RSP]))
        build_note(build, "its memory may not be read: no frames");
    target_read_modules(target);
    build_modules(build);
    build_threads(build);
    target_detach(target);
    *ret_still_us = now_us() - begin_us;
    return 0;
}

static void add_tier(struct build *build, uint64_t still_us)
{
    Inquest__V1__Tier *tier = build_alloc(build, sizeof *tier);

    if (!tier)
        return;
    inquest__v1__tier__init(tier);
    tier->name = INQUEST__V1__TIER_NAME__DUMPER;
    SET(tier, TIER, elapsed_us, ELAPSED_US, still_us);
    build->report.tier = tier;
}

static int take(const struct snapshot *snapshot, int state_fd)
{
    static struct build build;
    OWNED_QUEUE queue = QUEUE_CLOSED;
    uint64_t still_us = 0;

    struct box *box = copy_box(snapshot->box_path);
    build.box = box ? box : box_of_stranger(snapshot, state_fd);
    build.state_fd = state_fd;
    build.target = target_open(snapshot->pid, snapshot->pid);
    build_start(&build, INQUEST__V1__KIND__SNAPSHOT, session_now_unix_ms());
    build.boot_ns = (uint64_t)sys_clock_ns(CLOCK_BOOTTIME);
    int status = read_stacks(&build, &still_us);
    if (status != 0)
        return status;
    build_identity(&build);
    build_memory(&build);
    add_tier(&build, still_us);
    int r = deliver_queue(&build, session_classes(&build), &queue);
    if (r == 0)
        r = queue_sync(&queue, build.report_id);
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: queue in %s: %s\n",
                snapshot->state_dir, err_text(r));
        return EX_CANTCREAT;
    }
    puts(build.report_id);
    return 0;
}

int mode_snapshot(int argc, char **argv)
{
    struct snapshot snapshot = {0};
    OWNED_FD state_fd = -1;

    if (!parse(argc, argv, &snapshot)) {
        fputs("usage: inquest-dumper snapshot --pid N --state DIR "
              "[--box FILE] [--do-not-track]\n",
              stderr);
        return EX_USAGE;
    }
    int r = state_dir_open(snapshot.state_dir, &state_fd);
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: %s: %s\n", snapshot.state_dir,
                err_text(r));
        return EX_CANTCREAT;
    }
    DROP(confine_self(CONFINE_FILES | CONFINE_TRACE | CONFINE_BUILD));
    return take(&snapshot, state_fd);
}
