/* The box of a process that is dead. Context: tool. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    if (r == 0)
        r = queue_sync(&queue, report->report_id);
    if (r < 0)
        return r;
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

static int recover(const struct recovery *recovery)
{
    static struct build build;
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_FD fd = open(recovery->box_path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    bool gone = fd < 0 && errno == ENOENT; /* it never had one */
    OWNED_FD state_fd = -1;
    struct box *box = fd < 0 ? NULL : session_map_box(fd);

    if (gone)
        return 0;
    if (!box && fd >= 0 && is_unfinished(fd)) {
        (void)unlink(recovery->box_path); /* swept later otherwise */
        return 0;
    }
    if (!box) {
        fprintf(stderr, "inquest-dumper: %s: not a box\n", recovery->box_path);
        return EX_DATAERR;
    }
    int r = state_dir_open(recovery->state_dir, &state_fd);
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: %s: %s\n", recovery->state_dir,
                err_text(r));
        return EX_CANTCREAT;
    }
    if (is_told(box)) {
        (void)unlink(recovery->box_path); /* swept later otherwise */
        return 0;
    }
    if (move_spilled(box, state_fd, recovery->box_path) == 0)
        return 0;
    build.box = box;
    build.state_fd = state_fd;
    build.deadline_ms = target_now_ms() + SESSION_DEADLINE_MS;
    if (!crash_loop_allows(&build, box)) {
        session_wipe(box, recovery->box_path);
        return 0;
    }
    build_recovered(&build, recovery);
    r = deliver_queue(&build, session_classes(&build), &queue);
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: queue in %s: %s\n",
                recovery->state_dir, err_text(r));
        return EX_CANTCREAT;
    }
    session_end(&build, box, recovery->box_path, &queue);
    puts(build.report_id);
    return 0;
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
