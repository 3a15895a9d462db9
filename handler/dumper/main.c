/*
 * inquest-dumper: turns a box, and the process if it still lives, into a
 * report in the queue.
 *
 *     inquest-dumper crash                    descriptor 3 the box, 4 STATE
 *     inquest-dumper recover --box FILE --state DIR [--signal N]
 *                    [--kernel-log TEXT] [--restarted]
 *
 * Context: tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "handler/dumper/deliver.h"
#include "handler/dumper/report_build.h"
#include "proto/base/fd.h"
#include "proto/base/sys.h"
#include "proto/data_class.h"
#include "proto/frame.h"
#include "proto/state_dir.h"

#define BOX_FD        3
#define STATE_FD      4
#define DEADLINE_MS   1500 /* for unwinding; the host waits 2000 */
#define ALARM_SECONDS 10   /* after that something is badly wrong */

static struct box *map_box(int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0 || status.st_size != (off_t)sizeof(struct box))
        return NULL;
    void *at = mmap(NULL, sizeof(struct box), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return NULL;
    return box_valid(at, sizeof(struct box)) ? at : NULL;
}

static void tell_host(struct box *box, enum box_dump_state state)
{
    __atomic_store_n(&box->control.dump_state, state, __ATOMIC_RELEASE);
    (void)sys_call3(SYS_futex, (long)&box->control.dump_state, FUTEX_WAKE,
                    INT32_MAX);
}

static uint32_t recording_classes(const struct build *build)
{
    struct consent_page page;

    consent_page_read(build->state_fd, &page);
    uint32_t allowed = page.recording_classes;
    if (build->box) {
        allowed &= build->box->identity.recording_classes;
        if (build->box->control.optional_off)
            allowed &= ~CLASS_BIT(CLASS_OPTIONAL);
    }
    return allowed;
}

static void set_tier(struct build *build, Inquest__V1__TierName name,
                     const char *reason)
{
    Inquest__V1__Tier *tier = build_alloc(build, sizeof *tier);
    struct timespec now;

    if (!tier)
        return;
    inquest__v1__tier__init(tier);
    build->report.tier = tier;
    tier->name = name;
    if (reason)
        tier->reason = build_string(build, reason, 256);
    if (name != INQUEST__V1__TIER_NAME__DUMPER)
        return;
    (void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail */
    tier->has_elapsed_us_case = INQUEST__V1__TIER__HAS_ELAPSED_US_ELAPSED_US;
    tier->elapsed_us =
        ((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec -
         build->box->crash.time_boot_ns) /
        1000u;
}

/* Syncs, wipes the stack bytes, removes the box file. */
static void finish(struct build *build, struct box *box, const char *box_path,
                   struct queue *queue)
{
    if (queue_sync(queue, build->report_id) < 0)
        return; /* the box stays: evidence until the report is safe */
    memset(box->stack, 0, sizeof box->stack);
    box->control.wiped = 1;
    (void)unlink(box_path); /* swept later otherwise */
}

static int open_state(const struct box *box)
{
    char path[STATE_PATH_BYTES];
    struct stat status;
    int fd = -1;

    if (fstat(STATE_FD, &status) == 0 && S_ISDIR(status.st_mode))
        return STATE_FD;
    box_string(path, sizeof path, box->identity.state_dir);
    return state_dir_open(path, &fd) < 0 ? -1 : fd;
}

static int dump_crash(void)
{
    static struct build build;
    OWNED_QUEUE queue = QUEUE_CLOSED;
    char box_path[STATE_PATH_BYTES] = "";
    struct box *box = map_box(BOX_FD);

    if (!box)
        return EX_DATAERR;
    if (readlink("/proc/self/fd/3", box_path, sizeof box_path - 1) < 0)
        box_path[0] = '\0';
    build.box = box;
    build.state_fd = open_state(box);
    build.deadline_ms = target_now_ms() + DEADLINE_MS;
    build.target = target_open(box->crash.pid, box->crash.tid);
    target_attach(build.target, box->crash.tid);
    (void)signal(SIGALRM, SIG_DFL); /* attach used it to bound its waits */
    (void)alarm(ALARM_SECONDS);
    target_read_modules(build.target);
    build_start(&build, INQUEST__V1__KIND__CRASH, box->crash.time_unix_ms);
    build_identity(&build);
    build_crash(&build);
    build_modules(&build);
    build_threads(&build);
    build_memory(&build);
    set_tier(&build, INQUEST__V1__TIER_NAME__DUMPER, NULL);
    int r = deliver_queue(&build, recording_classes(&build), &queue);
    target_detach(build.target);
    if (r == 0) {
        tell_host(box, BOX_DUMP_QUEUED);
        finish(&build, box, box_path, &queue);
        return 0;
    }
    bool spilled = deliver_spill(box) == 0;
    tell_host(box, spilled ? BOX_DUMP_SPILLED : BOX_DUMP_FAILED);
    return EX_CANTCREAT;
}

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
        if (strcmp(argv[i], "--box") == 0)
            recovery->box_path = value;
        else if (strcmp(argv[i], "--state") == 0)
            recovery->state_dir = value;
        else if (strcmp(argv[i], "--kernel-log") == 0)
            recovery->kernel_log = value;
        else if (strcmp(argv[i], "--signal") == 0)
            recovery->signal_number = (int)strtol(value, NULL, 10);
        else
            return false;
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
    default:
        return "the process died during the dump";
    }
}

static uint64_t box_time_ms(const struct box *box)
{
    struct timespec now;

    if (box->control.crashed)
        return box->crash.time_unix_ms;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
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
    if (!crashed) {
        build_termination(build, recovery->signal_number, recovery->kernel_log,
                          recovery->restarted);
        set_tier(build, INQUEST__V1__TIER_NAME__NEXT_START,
                 "the process died without a word");
        return;
    }
    build->target = target_open(0, 0); /* nothing to read: registers only */
    build->target->threads[0] = (struct target_thread){.tid = crash.tid};
    memcpy(build->target->threads[0].name, crash.thread_name,
           sizeof crash.thread_name);
    build->target->thread_count = 1;
    build_crash(build);
    build_threads(build);
    set_tier(build, INQUEST__V1__TIER_NAME__IN_PROCESS, tier_reason(&crash));
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
        r = queue_drop(&queue, report->report_id,
                       (struct span){box->spill, FRAME_HEADER_BYTES},
                       (struct span){box->spill + FRAME_HEADER_BYTES,
                                     size - FRAME_HEADER_BYTES});
    if (r == 0)
        r = queue_sync(&queue, report->report_id);
    if (r < 0)
        return r;
    puts(report->report_id);
    (void)unlink(box_path); /* swept later otherwise */
    return 0;
}

/* Whether nothing is left to tell: a clean end, or a report in the queue. */
static bool is_told(const struct box *box)
{
    return (box->control.clean_exit && !box->control.crashed) ||
           box->control.dump_state == BOX_DUMP_QUEUED;
}

static int recover(const struct recovery *recovery)
{
    static struct build build;
    OWNED_QUEUE queue = QUEUE_CLOSED;
    OWNED_FD fd = open(recovery->box_path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    OWNED_FD state_fd = -1;
    struct box *box = fd < 0 ? NULL : map_box(fd);

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
    build.deadline_ms = target_now_ms() + DEADLINE_MS;
    build_recovered(&build, recovery);
    r = deliver_queue(&build, recording_classes(&build), &queue);
    if (r < 0) {
        fprintf(stderr, "inquest-dumper: queue in %s: %s\n",
                recovery->state_dir, err_text(r));
        return EX_CANTCREAT;
    }
    finish(&build, box, recovery->box_path, &queue);
    puts(build.report_id);
    return 0;
}

int main(int argc, char **argv)
{
    struct recovery recovery = {0};

    if (argc == 2 && strcmp(argv[1], "crash") == 0)
        return dump_crash();
    if (argc > 2 && strcmp(argv[1], "recover") == 0 &&
        parse(argc, argv, &recovery))
        return recover(&recovery);
    fputs("usage: inquest-dumper crash | recover --box FILE --state DIR "
          "[--signal N] [--kernel-log TEXT] [--restarted]\n",
          stderr);
    return EX_USAGE;
}
