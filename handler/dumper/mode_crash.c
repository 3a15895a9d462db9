/* A crash, while the process still stands. Context: tool. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "handler/dumper/crash_loop.h"
#include "handler/dumper/deliver.h"
#include "handler/dumper/modes.h"
#include "handler/dumper/session.h"
#include "proto/base/cpu_mask.h"
#include "proto/data_class.h"
#include "proto/state_dir.h"

#define ALARM_SECONDS 10 /* after that something is badly wrong */

/* What the box holds is not needed any more. */
static void wipe(struct box *box)
{
    char path[STATE_PATH_BYTES] = "";

    if (readlink("/proc/self/fd/3", path, sizeof path - 1) < 0)
        path[0] = '\0';
    session_wipe_crashed(box, path);
}

/* Counted, not reported. */
static int end_counted(struct box *box)
{
    session_answer(&box->control.dump_state, BOX_DUMP_COUNTED);
    wipe(box);
    return 0;
}

/* In a pid namespace that kept the /proc of another, our number and that of the
 * program are somebody else's there. */
static bool proc_is_ours(void)
{
    char self[16] = "";
    char number[16];

    (void)snprintf(number, sizeof number, "%d", (int)getpid());
    return readlink("/proc/self", self, sizeof self - 1) < 0 ||
           strcmp(self, number) == 0;
}

static void tell_running(struct target *target, const struct box_crash *crash)
{
    static char name[sizeof crash->thread_name];

    box_string(name, sizeof name, crash->thread_name);
    target->running[0] = (struct target_running){crash->tid, name};
    target->running[1] =
        (struct target_running){crash->sampler_tid, TARGET_SAMPLER_NAME};
}

/* What is no list of them, or not there any more, leaves it where it is. */
static void spread(const char *processors)
{
    struct cpu_mask mask;

    if (processors && cpu_mask_parse(processors, &mask) == 0)
        DROP(cpu_mask_use(&mask));
}

int mode_crash(const char *processors)
{
    static struct build build;
    OWNED_QUEUE queue = QUEUE_CLOSED;
    spread(processors);
    struct box *box = session_map_box(SESSION_BOX_FD);
    if (!box)
        return EX_DATAERR;
    build.box = box;
    build.state_fd = session_open_state(box);
    if (!crash_loop_allows(&build, box))
        return end_counted(box);
    if (!proc_is_ours())
        return EX_OSFILE; /* the handler looks at itself, then */
    build.deadline_ms = target_now_ms() + SESSION_DEADLINE_MS;
    build.target = target_open(box->crash.pid, box->crash.tid);
    /* The thread's control block is mapped, wherever its stack pointer is. */
    if (!target_open_memory(build.target, box->crash.thread_pointer))
        return EX_NOPERM; /* the handler looks at itself, then */
    tell_running(build.target, &box->crash);
    target_seize(build.target);
    build_start(&build, INQUEST__V1__KIND__CRASH, box->crash.time_unix_ms);
    build.boot_ns = box->crash.time_boot_ns;
    build_identity(&build); /* while the threads stop */
    target_attach(build.target);
    (void)signal(SIGALRM, SIG_DFL); /* attach used it to bound its waits */
    (void)alarm(ALARM_SECONDS);
    target_read_modules(build.target);
    build_crash(&build);
    build_modules(&build);
    build_threads(&build);
    build_abort(&build);
    build_memory(&build);
    if ((session_classes(&build) & CLASS_BIT(CLASS_SENSITIVE)) != 0)
        build_sensitive(&build);
    crash_loop_note(&build);
    session_tier(&build, INQUEST__V1__TIER_NAME__DUMPER, NULL);
    session_keep_id(&build, box);
    int r = deliver_queue(&build, session_classes(&build), &queue);
    target_detach(build.target);
    if (r == 0) {
        session_answer(&box->control.dump_state, BOX_DUMP_QUEUED);
        /* Else the box stays: evidence until the report is safe. */
        if (queue_sync(&queue, build.report_id) == 0)
            wipe(box);
        return 0;
    }
    bool spilled = session_box_has_room(box) && deliver_spill(box) == 0;
    session_answer(&box->control.dump_state,
                   spilled ? BOX_DUMP_SPILLED : BOX_DUMP_FAILED);
    return EX_CANTCREAT;
}
