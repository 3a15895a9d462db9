/*
 * A report of a process that lives on, because it or the sampler asked for one:
 * what the box holds, without stopping it. Context: tool.
 */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "handler/dumper/crash_loop.h"
#include "handler/dumper/deliver.h"
#include "handler/dumper/malloc_walk.h"
#include "handler/dumper/modes.h"
#include "handler/dumper/session.h"
#include "proto/base/confine.h"
#include "proto/base/sys.h"

#define COUNTED EX_UNAVAILABLE /* the rate limit: no report */

static int build_detection(struct build *build, const char *index_text)
{
    size_t index = strtoul(index_text, NULL, 10);
    Inquest__V1__Detection *out = build_alloc(build, sizeof *out);

    if (index >= BOX_DETECTIONS_COUNT || !out)
        return EX_USAGE;
    struct box_detection slot = build->box->detections[index];
    if (!box_sealed(&slot, sizeof slot))
        return EX_DATAERR;
    inquest__v1__detection__init(out);
    out->domain = build_string(build, slot.domain, sizeof slot.domain);
    out->ip_address =
        build_string(build, slot.ip_address, sizeof slot.ip_address);
    build->report.kind = INQUEST__V1__KIND__DETECTION;
    build->report.time = (int64_t)slot.time_unix_ms;
    build->report.detection = out;
    return 0;
}

static int build_feedback(struct build *build)
{
    Inquest__V1__Feedback *out = build_alloc(build, sizeof *out);
    struct box_feedback slot = build->box->feedback;

    if (!out || !box_sealed(&slot, sizeof slot))
        return EX_DATAERR;
    inquest__v1__feedback__init(out);
    out->type = (Inquest__V1__FeedbackType)slot.type;
    out->email = build_string(build, slot.email, sizeof slot.email);
    out->comment = build_string(build, slot.comment, sizeof slot.comment);
    build->report.kind = INQUEST__V1__KIND__FEEDBACK;
    build->report.time = (int64_t)slot.time_unix_ms;
    build->report.feedback = out;
    return 0;
}

static int build_memory_alarm(struct build *build, const char *index_text)
{
    if (!crash_loop_allows_alarm(build))
        return COUNTED;
    target_read_mappings(build->target);
    return build_alarm(build, strtoul(index_text, NULL, 10)) ? 0 : EX_DATAERR;
}

static int build_live(struct build *build, int argc, char **argv)
{
    build_start(build, INQUEST__V1__KIND__KIND_UNSPECIFIED,
                session_now_unix_ms());
    build->boot_ns = (uint64_t)sys_clock_ns(CLOCK_BOOTTIME);
    int status = EX_USAGE;
    if (argc == 3 && strcmp(argv[1], "detection") == 0) {
        status = build_detection(build, argv[2]);
    } else if (argc == 2 && strcmp(argv[1], "feedback") == 0) {
        status = build_feedback(build);
    } else if (argc == 3 && strcmp(argv[1], "alarm") == 0) {
        status = build_memory_alarm(build, argv[2]);
    }
    if (status != 0)
        return status;
    build_identity(build);
    build_memory(build);
    if (build->report.alarm) {
        build_malloc(build);
        crash_loop_note(build);
    }
    return 0;
}

int mode_live(int argc, char **argv)
{
    static struct build build;
    OWNED_QUEUE queue = QUEUE_CLOSED;
    struct box *box = session_map_box(SESSION_BOX_FD);

    if (!box)
        return EX_DATAERR;
    /* malloc_walk reads the program's memory; the others its box alone. */
    unsigned reads = strcmp(argv[1], "alarm") == 0 ? CONFINE_TRACE : 0;
    DROP(confine_self(CONFINE_FILES | CONFINE_BUILD | reads));
    build.box = box;
    build.state_fd = session_open_state(box);
    build.target = target_open(box->identity.pid, box->identity.pid);
    build.deadline_ms = target_now_ms() + SESSION_DEADLINE_MS;
    int status = build_live(&build, argc, argv);
    if (status == 0 &&
        deliver_queue(&build, session_classes(&build), &queue) < 0)
        status = EX_CANTCREAT;
    session_answer(&box->control.live_state, status == 0 ? BOX_DUMP_QUEUED
                                             : status == COUNTED
                                                 ? BOX_DUMP_COUNTED
                                                 : BOX_DUMP_FAILED);
    if (status == 0)
        DROP(queue_sync(&queue, build.report_id)); /* it has its name */
    return status;
}
