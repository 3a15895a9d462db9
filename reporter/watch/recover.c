/* Dead boxes to reports. Context: tool. */
#include "reporter/watch/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/fd.h"
#include "proto/box_history.h"
#include "proto/state_open.h"
#include "reporter/watch/box_owner.h"
#include "reporter/watch/child.h"
#include "reporter/watch/kernel_log.h"

#define SLACK_US        2000000u /* between a last sample and the log's line */
#define PERIODS         3u
#define PERIOD_MS_MAX   5000u
#define DRIFT_PER_MILLE 1u /* the log's clock is not slewed, ours is */

/* When the box's process was seen last, by the log's clock. */
static uint64_t last_seen_us(const struct box *box)
{
    struct box_point *points = calloc(BOX_HISTORY_MAX, sizeof *points);
    struct box_sampler sampler;
    struct timespec boot;
    struct timespec monotonic;

    if (!points)
        return 0;
    (void)clock_gettime(CLOCK_BOOTTIME, &boot); /* cannot fail */
    (void)clock_gettime(CLOCK_MONOTONIC, &monotonic);
    int64_t apart_us = (boot.tv_sec - monotonic.tv_sec) * 1000000 +
                       (boot.tv_nsec - monotonic.tv_nsec) / 1000;
    if (box_sampler_read(box, &sampler)) {
        apart_us = (int64_t)(sampler.clock_boot_ns / 1000u) -
                   (int64_t)(sampler.clock_monotonic_ns / 1000u);
    }
    size_t count = box_history_read(box, points);
    uint64_t seen_us = count > 0 ? points[count - 1].boot_ms * 1000u
                                 : box->identity.start_boot_ns / 1000u;
    free(points);
    return seen_us - (uint64_t)apart_us;
}

/*
 * The kernel's word on a process that is long gone: its pid may have been
 * somebody else's before and after, so name and time must fit too.
 */
static bool find_in_log(const struct box *box, int log_fd,
                        char line[KERNEL_LOG_LINE_BYTES])
{
    struct box_sampler sampler;
    uint64_t seen_us = last_seen_us(box);
    uint64_t slack_us = SLACK_US + seen_us / 1000u * DRIFT_PER_MILLE;
    bool known = box_sampler_read(box, &sampler);
    uint64_t period_ms = known ? sampler.period_ms : 1000u;

    if (period_ms > PERIOD_MS_MAX)
        period_ms = PERIOD_MS_MAX;
    const struct kernel_death wanted = {
        .pid = box->identity.pid,
        .name = sampler.name,
        .after_us = seen_us > slack_us ? seen_us - slack_us : 0,
        .before_us = period_ms > 0
                         ? seen_us + period_ms * 1000u * PERIODS + slack_us
                         : UINT64_MAX, /* the sampler had ended before */
    };
    return kernel_log_find_kill(log_fd, &wanted, 0, line);
}

static int recover_dead(const struct home *home, const struct box *box,
                        const char *path, const struct recover_facts *known)
{
    struct recover_facts facts = *known;
    char line[KERNEL_LOG_LINE_BYTES];
    char cgroup[sizeof box->identity.cgroup];
    OWNED_FD log_fd = facts.restarted ? -1 : kernel_log_open(true);

    box_owner_cgroup(box, cgroup, sizeof cgroup);
    facts.before = (struct oom_counters){OOM_UNKNOWN, OOM_UNKNOWN, OOM_UNKNOWN};
    facts.now = facts.before;
    facts.peak_rss_bytes = OOM_UNKNOWN;
    facts.kernel_log_read = log_fd >= 0;
    if (!facts.restarted)
        oom_counters_read(cgroup, &facts.now);
    if (find_in_log(box, log_fd, line))
        facts.kernel_log = line;
    return recover_box(home, path, &facts);
}

/* What to do with one box: more than 0 when it was dealt with. */
typedef int handle_box(const struct home *home, const struct box *box, int fd,
                       const char *path);

static int handle_abandoned(const struct home *home, const struct box *box,
                            int fd, const char *path)
{
    enum box_owner owner = box_owner_state(box, fd);
    enum box_supervisor supervisor = box_supervisor_state(box);
    struct recover_facts facts = {
        .supervisor = supervisor == BOX_ORPHANED ? "died" : "none",
        .restarted = owner == BOX_OWNER_RESTARTED,
    };

    if (owner == BOX_OWNER_LIVES ||
        (owner == BOX_OWNER_DEAD && supervisor == BOX_SUPERVISED))
        return 0;
    int r = recover_dead(home, box, path, &facts);
    return r < 0 ? r : 1;
}

/* The program goes on without us: our end shall be no sign of its own. */
static void let_go(const struct home *home, const char *path)
{
    static const uint32_t nobody = 0;
    OWNED_FD dir = -1;

    if (state_dir_find(home->box_path, &dir) < 0)
        return;
    OWNED_FD fd = state_open(dir, strrchr(path, '/') + 1, O_WRONLY);
    if (fd >= 0) { /* on failure its death would look stranger than it was */
        DROP(pwrite(fd, &nobody, sizeof nobody,
                    offsetof(struct box, control.supervisor_pid)));
    }
}

static int handle_dead_descendant(const struct home *home,
                                  const struct box *box, int fd,
                                  const char *path)
{
    struct recover_facts facts = {.supervisor = "alive"};

    if (box_owner_state(box, fd) == BOX_OWNER_LIVES)
        return 0;
    int r = recover_dead(home, box, path, &facts);
    return r < 0 ? r : 1;
}

static int handle_descendant(const struct home *home, const struct box *box,
                             int fd, const char *path)
{
    if (box_owner_state(box, fd) == BOX_OWNER_LIVES) {
        let_go(home, path);
        return 0;
    }
    return handle_dead_descendant(home, box, fd, path);
}

/* Whether the process that a box is named after runs: PID-STARTTICKS.box. */
static bool owner_lives(const char *name)
{
    char *end = NULL;
    unsigned long pid = strtoul(name, &end, 10);

    return *end == '-' && pid > 0 && pid <= INT32_MAX &&
           process_lives((pid_t)pid, strtoull(end + 1, NULL, 10));
}

/* A box that its process had only begun when it died holds nothing; nor does a
 * spare one (handler/box_spare.h) that nobody can claim any more. */
static void remove_unfinished(int dir_fd, const char *name)
{
    struct stat status;
    uint64_t magic = 0;
    OWNED_FD fd =
        openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        pread(fd, &magic, sizeof magic, 0) < 0)
        return;
    if (magic == 0 && !owner_lives(name) && !box_owner_locks(fd))
        (void)unlinkat(dir_fd, name, 0); /* the next recover's otherwise */
}

/* Which boxes, and what to do with each. */
struct sweep {
    handle_box *handle;
    pid_t supervisor; /* theirs; 0: any or none */
    pid_t kept;       /* the process whose box is left alone; 0: none */
};

static bool is_wanted(const struct sweep *sweep, const struct box *box)
{
    return (sweep->supervisor == 0 ||
            box->control.supervisor_pid == (uint32_t)sweep->supervisor) &&
           (sweep->kept == 0 || box->identity.pid != sweep->kept);
}

static int handle_one(const struct home *home, int dir_fd, const char *name,
                      const struct sweep *sweep)
{
    char path[STATE_PATH_BYTES + 256 + 1]; /* NAME_MAX */
    OWNED_FD fd = -1;
    const struct box *box = box_open(dir_fd, name, &fd);

    if (!box) {
        remove_unfinished(dir_fd, name);
        return 0;
    }
    (void)snprintf(path, sizeof path, "%s/%s", home->box_path, name);
    int r = is_wanted(sweep, box) ? sweep->handle(home, box, fd, path) : 0;
    box_close(box);
    return r;
}

static int for_each_box(const struct home *home, const struct sweep *sweep,
                        size_t *ret_count)
{
    int result = 0;
    size_t seen = 0;
    OWNED_FD fd = -1;

    *ret_count = 0;
    int r = state_dir_find(home->box_path, &fd);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    DIR *dir = fdopendir(fd);
    if (!dir)
        return -errno;
    (void)fd_take(&fd); /* the list's now */
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strstr(entry->d_name, ".box") || seen++ >= RECOVER_BOXES_MAX)
            continue;
        r = handle_one(home, dirfd(dir), entry->d_name, sweep);
        if (r < 0) {
            result = r;
        } else {
            *ret_count += (size_t)r;
        }
    }
    (void)closedir(dir); /* read only */
    return result;
}

int recover_all(const struct home *home, size_t *ret_count)
{
    const struct sweep sweep = {handle_abandoned, 0, 0};

    return for_each_box(home, &sweep, ret_count);
}

/* What is left undone recover_all's next call does. */
void recover_descendants(const struct home *home)
{
    const struct sweep sweep = {handle_descendant, getpid(), 0};
    size_t count;

    DROP(for_each_box(home, &sweep, &count));
}

void recover_dead_descendants(const struct home *home, pid_t supervisor,
                              pid_t child)
{
    const struct sweep sweep = {handle_dead_descendant, supervisor, child};
    size_t count;

    DROP(for_each_box(home, &sweep, &count));
}
