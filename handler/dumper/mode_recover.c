/* The box of a process that is dead. Context: tool. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "handler/dumper/crash_loop.h"
#include "handler/dumper/deliver.h"
#include "handler/dumper/modes.h"
#include "handler/dumper/recovery.h"
#include "handler/dumper/session.h"
#include "proto/base/confine.h"
#include "proto/base/fd.h"
#include "proto/base/fmt.h"
#include "proto/base/sys.h"
#include "proto/box_history.h"
#include "proto/dumper_status.h"
#include "proto/frame.h"
#include "proto/state_dir.h"

#define REASON_BYTES 256
#define NS_PER_MS    1000000u

static const char *reason_words(enum box_tier_reason reason)
{
    switch (reason) {
    case BOX_REASON_CLONE:
        return "clone was refused";
    case BOX_REASON_EXEC:
        return "the dumper could not be started";
    case BOX_REASON_DIED:
        return "the dumper died";
    case BOX_REASON_DEADLINE:
        return "the dumper did not answer in time";
    case BOX_REASON_RECRASH:
        return "the handler itself crashed";
    case BOX_REASON_DISABLED:
        return "switched off by configuration";
    case BOX_REASON_JAIL:
        return "the program called chroot, which hides its files from the "
               "dumper";
    case BOX_REASON_SANDBOX:
        return "the program installed a seccomp filter, which might kill it "
               "at clone or exec";
    case BOX_REASON_DENIED:
        return "the kernel did not let the dumper read the program's memory";
    case BOX_REASON_PROC:
        return "/proc is of another pid namespace, where the program has "
               "another number";
    case BOX_REASON_QUEUE:
        return "the dumper found no room for the report";
    case BOX_REASON_BOX:
        return "the program closed the box, and may not open it again";
    case BOX_REASON_NONE:
        break;
    }
    return "the process died during the dump";
}

/* With what the kernel said, where it is a matter of its saying. */
static void append_tier_reason(const struct box_crash *crash, struct text *text)
{
    enum box_tier_reason reason = (enum box_tier_reason)crash->tier_reason;

    text_append(text, reason_words(reason));
    if ((reason == BOX_REASON_CLONE || reason == BOX_REASON_EXEC ||
         reason == BOX_REASON_BOX) &&
        crash->tier_errno > 0) {
        text_append(text, ": ");
        text_append(text, strerror(crash->tier_errno));
    }
}

struct moment {
    uint64_t unix_ms;
    uint64_t boot_ns; /* 0: not known */
};

/* When it died: of an end that nobody saw, the last sample tells. */
static struct moment death_time(const struct box *box,
                                const struct recovery *recovery)
{
    static struct box_point points[BOX_HISTORY_MAX];
    struct box_crash crash;

    if (box->control.crashed && box_crash_read(box, &crash))
        return (struct moment){crash.time_unix_ms, crash.time_boot_ns};
    if (recovery->hearsay.supervisor == SUPERVISOR_SAW) {
        return (struct moment){session_now_unix_ms(),
                               (uint64_t)sys_clock_ns(CLOCK_BOOTTIME)};
    }
    size_t count = box_history_read(box, points);
    if (count == 0 || points[count - 1].unix_ms <= 0)
        return (struct moment){session_now_unix_ms(), 0};
    return (struct moment){(uint64_t)points[count - 1].unix_ms,
                           points[count - 1].boot_ms * NS_PER_MS};
}

static void build_dead_crash(struct build *build)
{
    char reason_bytes[REASON_BYTES];
    struct text reason = text_init(reason_bytes, sizeof reason_bytes);

    build->target = target_open_box(build->box);
    target_read_modules(build->target);
    build_crash(build);
    build_modules(build);
    build_threads(build);
    build_abort(build);
    append_tier_reason(&build->box->crash, &reason);
    session_tier(build, INQUEST__V1__TIER_NAME__IN_PROCESS, reason_bytes);
}

/* False: there is nothing to tell. */
static bool build_recovered(struct build *build,
                            const struct recovery *recovery)
{
    const struct box *box = build->box;
    struct box_crash crash;
    bool crashed = box->control.crashed && box_crash_read(box, &crash);
    struct moment death = death_time(box, recovery);

    build_start(build,
                crashed ? INQUEST__V1__KIND__CRASH
                        : INQUEST__V1__KIND__TERMINATION,
                death.unix_ms);
    build->boot_ns = death.boot_ns;
    build_identity(build);
    build_memory(build);
    if (crashed) {
        build_dead_crash(build);
        return true;
    }
    session_tier(build, INQUEST__V1__TIER_NAME__NEXT_START,
                 "the process died without a word");
    return build_termination(build, &recovery->hearsay);
}

/* A report that found no queue at the crash: from the box as it is. */
static int move_spilled(struct box *box, int state_fd, const char *box_path)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_REPORT *report = NULL;
    size_t size = box->control.spill_bytes;

    if (size <= FRAME_HEADER_BYTES || size > sizeof box->spill)
        return -ERR_FORMAT;
    int r = report_open((struct span){box->spill, size}, &report);
    if (r == 0)
        r = queue_open(state_fd, &queue);
    if (r == 0)
        r = queue_room(&queue, size);
    if (r == 0) {
        r = queue_drop(&queue, report->report_id,
                       (struct span){box->spill, FRAME_HEADER_BYTES},
                       (struct span){box->spill + FRAME_HEADER_BYTES,
                                     size - FRAME_HEADER_BYTES});
    }
    if (r == 0 || r == -EEXIST)
        r = queue_sync(&queue, report->report_id);
    if (r < 0)
        return r;
    box->control.dump_state = BOX_DUMP_QUEUED;
    session_store(box);
    puts(report->report_id);
    (void)unlink(box_path); /* swept later otherwise */
    return 0;
}

/* A box that its process had only begun: nothing is in it. */
static bool is_unfinished(int fd)
{
    uint64_t magic = 0;

    return pread(fd, &magic, sizeof magic, 0) >= 0 && magic == 0;
}

/* Whether nothing is left to tell: a clean end, a report in the queue, or
 * counted. */
static bool is_told(const struct box *box)
{
    return (box->control.clean_exit && !box->control.crashed) ||
           box->control.dump_state == BOX_DUMP_QUEUED ||
           box->control.dump_state == BOX_DUMP_COUNTED;
}

static int open_box(const char *path)
{
    char directory[STATE_PATH_BYTES];
    OWNED_FD dir_fd = -1;
    const char *slash = strrchr(path, '/');

    if (!slash || (size_t)(slash - path) >= sizeof directory)
        return -EINVAL;
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    int r = state_dir_find(directory, &dir_fd);
    if (r < 0)
        return r;
    int fd =
        openat(dir_fd, slash + 1, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/*
 * Whether the process of the box kept its reports in the directory open as
 * state_fd, which may have been spelled in another way. Asked as root, whom
 * nobody can lead astray on the way there (state_way.h).
 */
static bool kept_here(int fd, int state_fd)
{
    struct box_identity identity;
    struct stat here;
    struct stat there;
    OWNED_FD there_fd = -1;

    return pread(fd, &identity, sizeof identity,
                 offsetof(struct box, identity)) == (ssize_t)sizeof identity &&
           box_sealed(&identity, sizeof identity) &&
           memchr(identity.state_dir, '\0', sizeof identity.state_dir) &&
           state_dir_find(identity.state_dir, &there_fd) == 0 &&
           fstat(there_fd, &there) == 0 && fstat(state_fd, &here) == 0 &&
           there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

/*
 * The box behind fd, locked, for two recoveries of one box would make two
 * reports. It must be the state directory's owner's, or that of a process of
 * root's that kept its reports there (roots). Fails with -EBUSY when another
 * has it, with -ENOENT when it was only begun; then it goes.
 */
static int take_box(const struct recovery *recovery, int fd, bool roots,
                    struct box **ret_box)
{
    struct stat status;

    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_nlink == 0)
        return -EBUSY; /* while we opened it */
    if ((status.st_uid != geteuid() && status.st_uid != 0) ||
        !S_ISREG(status.st_mode))
        return -EPERM;
    struct box *box = session_copy_box(fd);
    if (!box && is_unfinished(fd)) {
        (void)unlink(recovery->box_path); /* swept later otherwise */
        return -ENOENT;
    }
    if (!box)
        return -ERR_FORMAT;
    if (status.st_uid != geteuid() && !roots)
        return -EPERM;
    *ret_box = box;
    return 0;
}

/* What is told already may not be safe yet: its sync failed, or was cut. */
static int end_told(struct box *box, int state_fd, const char *box_path)
{
    OWNED_QUEUE queue = QUEUE_CLOSED;
    char id[REPORT_ID_BYTES];
    int r = 0;

    if (box->control.dump_state == BOX_DUMP_QUEUED) {
        report_id_text(box->control.report_id, id);
        r = queue_open(state_fd, &queue);
        if (r == 0)
            r = queue_sync(&queue, id);
    }
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: the report of %s: %s\n", box_path,
                err_text(r));
        return dumper_status(r, EX_IOERR);
    }
    session_wipe(box, box_path);
    return 0;
}

static int make_report(const struct recovery *recovery, struct box *box,
                       int state_fd)
{
    static struct build build;
    OWNED_QUEUE queue = QUEUE_CLOSED;

    build.box = box;
    build.state_fd = state_fd;
    build.deadline_ms = target_now_ms() + SESSION_DEADLINE_MS;
    if (!build_recovered(&build, recovery) || !crash_loop_allows(&build, box)) {
        session_wipe(box, recovery->box_path);
        return 0;
    }
    crash_loop_note(&build);
    session_keep_id(&build, box);
    session_store(box);
    int r = deliver_queue(&build, session_classes(&build), &queue);
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: queue in %s: %s\n",
                recovery->state_dir, err_text(r));
        return dumper_status(r, EX_CANTCREAT);
    }
    box->control.dump_state = BOX_DUMP_QUEUED;
    session_store(box);
    /* Else the box stays: evidence until the report is safe. */
    if (queue_sync(&queue, build.report_id) == 0)
        session_wipe(box, recovery->box_path);
    puts(build.report_id);
    return 0;
}

/*
 * A box says which files to look at, and its owner can write what he likes
 * into it: root goes on as the owner of the state directory, with a box that is
 * opened before, for that of root's own process he may not open. ret_roots:
 * whether it is one, and kept its reports there.
 */
static int become_owner(const struct recovery *recovery, int state_fd,
                        int *box_fd, bool *ret_roots)
{
    struct stat status;
    struct stat box;

    if (fstat(state_fd, &status) < 0)
        return -errno;
    if (geteuid() != 0 || status.st_uid == 0)
        return 0;
    *box_fd = open_box(recovery->box_path);
    *ret_roots = *box_fd >= 0 && fstat(*box_fd, &box) == 0 && box.st_uid == 0 &&
                 kept_here(*box_fd, state_fd);
    if (setgroups(0, NULL) < 0 ||
        setresgid(status.st_gid, status.st_gid, status.st_gid) < 0 ||
        setresuid(status.st_uid, status.st_uid, status.st_uid) < 0)
        return -errno;
    return 0;
}

/* Whoever died before it had a box. */
static int recover_absent(const struct recovery *recovery, int state_fd)
{
    struct recovery absent = *recovery;
    struct box *box = recovery_absent_box(recovery, state_fd);

    absent.hearsay.no_box = true;
    return box ? make_report(&absent, box, state_fd) : 0;
}

static int recover(const struct recovery *recovery)
{
    OWNED_FD fd = -ENOENT; /* holds the lock */
    OWNED_FD state_fd = -1;
    bool roots = false;
    struct box *box = NULL;

    int r = state_dir_open(recovery->state_dir, &state_fd);
    if (r == 0)
        r = become_owner(recovery, state_fd, &fd, &roots);
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: %s: %s\n", recovery->state_dir,
                err_text(r));
        return dumper_status(r, EX_CANTCREAT);
    }
    DROP(confine_self(CONFINE_FILES | CONFINE_BUILD)); /* or without */
    if (fd == -ENOENT)
        fd = open_box(recovery->box_path);
    r = fd < 0 ? fd : take_box(recovery, fd, roots, &box);
    if (r == -EBUSY)
        return 0;
    if (r == -ENOENT)
        return recover_absent(recovery, state_fd);
    if (r < 0 || !box) {
        fprintf(stderr, "inquest-dumper: %s: %s\n", recovery->box_path,
                r == -ERR_FORMAT ? "not a box"
                : r == -EPERM    ? "it belongs to another user"
                                 : err_text(r));
        return EX_DATAERR;
    }
    if (is_told(box))
        return end_told(box, state_fd, recovery->box_path);
    if (move_spilled(box, state_fd, recovery->box_path) == 0)
        return 0;
    return make_report(recovery, box, state_fd);
}

int mode_recover(int argc, char **argv)
{
    struct recovery recovery;

    if (recovery_parse(argc, argv, &recovery) == 0)
        return recover(&recovery);
    fprintf(stderr, "usage: %s", recovery_usage);
    return EX_USAGE;
}
