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
#include "handler/dumper/session.h"
#include "proto/base/fd.h"
#include "proto/frame.h"
#include "proto/state_dir.h"

/* What the command line of recover says. */
struct recovery {
    const char *box_path;
    const char *state_dir;
    const char *kernel_log;
    int signal_number;
    bool restarted;
};

static bool parse(int argc, char **argv, struct recovery *recovery)
{
    for (int i = 2; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--restarted") == 0) {
            recovery->restarted = true;
            continue;
        }
        if (!value)
            return false;
        if (strcmp(argv[i], "--box") == 0) {
            recovery->box_path = value;
        } else if (strcmp(argv[i], "--state") == 0) {
            recovery->state_dir = value;
        } else if (strcmp(argv[i], "--kernel-log") == 0) {
            recovery->kernel_log = value;
        } else if (strcmp(argv[i], "--signal") == 0) {
            recovery->signal_number = (int)strtol(value, NULL, 10);
        } else {
            return false;
        }
        i++;
    }
    return recovery->box_path && recovery->state_dir;
}

static const char *tier_reason(const struct box_crash *crash)
{
    switch (crash->tier_reason) {
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
    default:
        return "the process died during the dump";
    }
}

static uint64_t box_time_ms(const struct box *box)
{
    return box->control.crashed ? box->crash.time_unix_ms
                                : session_now_unix_ms();
}

static void build_recovered(struct build *build,
                            const struct recovery *recovery)
{
    const struct box *box = build->box;
    struct box_crash crash = box->crash;
    bool crashed = box->control.crashed && box_sealed(&crash, sizeof crash);

    build_start(build,
                crashed ? INQUEST__V1__KIND__CRASH
                        : INQUEST__V1__KIND__TERMINATION,
                box_time_ms(box));
    build_identity(build);
    build_memory(build);
    crash_loop_note(build);
    if (!crashed) {
        build_termination(build, recovery->signal_number, recovery->kernel_log,
                          recovery->restarted);
        session_tier(build, INQUEST__V1__TIER_NAME__NEXT_START,
                     "the process died without a word");
        return;
    }
    build->target = target_open_box(box);
    target_read_modules(build->target);
    build_crash(build);
    build_modules(build);
    build_threads(build);
    build_abort(build);
    session_tier(build, INQUEST__V1__TIER_NAME__IN_PROCESS,
                 tier_reason(&crash));
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

/*
 * The box, locked, for two recoveries of one box would make two reports.
 * Fails with -ENOENT when there is nothing to do: no box, another has it, or
 * one that was only begun, which goes.
 */
static int take_box(const char *path, int *ret_fd, struct box **ret_box)
{
    struct stat status;
    OWNED_FD fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -ENOENT : -errno;
    if (fstat(fd, &status) < 0)
        return -errno;
    if (status.st_nlink == 0)
        return -ENOENT; /* while we opened it */
    if (status.st_uid != geteuid() || !S_ISREG(status.st_mode))
        return -EPERM;
    struct box *box = session_map_box(fd);
    if (!box && is_unfinished(fd)) {
        (void)unlink(path); /* swept later otherwise */
        return -ENOENT;
    }
    if (!box)
        return -ERR_FORMAT;
    *ret_box = box;
    *ret_fd = fd_take(&fd);
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
        return EX_IOERR;
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
    if (!crash_loop_allows(&build, box)) {
        session_wipe(box, recovery->box_path);
        return 0;
    }
    build_recovered(&build, recovery);
    session_keep_id(&build, box);
    int r = deliver_queue(&build, session_classes(&build), &queue);
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: queue in %s: %s\n",
                recovery->state_dir, err_text(r));
        return EX_CANTCREAT;
    }
    box->control.dump_state = BOX_DUMP_QUEUED;
    session_end(&build, box, recovery->box_path, &queue);
    puts(build.report_id);
    return 0;
}

/*
 * A box says which files to look at, and its owner can write what he likes
 * into it: root goes on as the owner of the state directory.
 */
static int become_owner(int state_fd)
{
    struct stat status;

    if (fstat(state_fd, &status) < 0)
        return -errno;
    if (geteuid() != 0 || status.st_uid == 0)
        return 0;
    if (setgroups(0, NULL) < 0 ||
        setresgid(status.st_gid, status.st_gid, status.st_gid) < 0 ||
        setresuid(status.st_uid, status.st_uid, status.st_uid) < 0)
        return -errno;
    return 0;
}

static int recover(const struct recovery *recovery)
{
    OWNED_FD fd = -1; /* holds the lock */
    OWNED_FD state_fd = -1;
    struct box *box = NULL;

    int r = state_dir_open(recovery->state_dir, &state_fd);
    if (r == 0)
        r = become_owner(state_fd);
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: %s: %s\n", recovery->state_dir,
                err_text(r));
        return EX_CANTCREAT;
    }
    r = take_box(recovery->box_path, &fd, &box);
    if (r == -ENOENT)
        return 0;
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
    struct recovery recovery = {0};

    if (parse(argc, argv, &recovery))
        return recover(&recovery);
    fputs("usage: inquest-dumper recover --box FILE --state DIR [--signal N] "
          "[--kernel-log TEXT] [--restarted]\n",
          stderr);
    return EX_USAGE;
}
