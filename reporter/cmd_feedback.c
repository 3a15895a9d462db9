/* inquest feedback: what a person wants to say. Context: tool. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "proto/frame.h"
#include "reporter/commands.h"
#include "reporter/log.h"
#include "reporter/state_file.h"

#define COMMENT_BYTES_MAX 16384

static int drop(struct home *home, const Inquest__V1__Report *report)
{
    uint8_t header[FRAME_HEADER_BYTES];
    uint8_t *packed = NULL;
    size_t size = 0;
    size_t gzip_bytes = 0;

    int r = report_pack(report, &packed, &size);
    if (r < 0)
        return r;
    size_t capacity = size + size / 8 + 1024;
    uint8_t *gzip = malloc(capacity);
    void *work = aligned_alloc(16, FRAME_GZIP_WORK_BYTES);
    r = gzip && work ? frame_gzip((struct span){packed, size}, work, gzip,
                                  capacity, &gzip_bytes)
                     : -ENOMEM;
    struct span payload = {gzip, gzip_bytes};
    if (r == 0)
        frame_header(payload, header);
    if (r == 0)
        r = queue_room(&home->queue, gzip_bytes);
    if (r == 0) {
        r = queue_drop(&home->queue, report->report_id,
                       (struct span){header, sizeof header}, payload);
    }
    if (r == 0)
        r = queue_sync(&home->queue, report->report_id);
    free(packed);
    free(gzip);
    free(work);
    return r;
}

static int parse_type(const char *text, Inquest__V1__FeedbackType *ret_type)
{
    static const char *const names[] = {"", "smile", "frown", "idea"};

    for (size_t i = 1; text && i < ARRAY_LENGTH(names); i++) {
        if (strcasecmp(text, names[i]) == 0) {
            *ret_type = (Inquest__V1__FeedbackType)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* Fills what every report has; strings are borrowed. */
static int fill(struct home *home, Inquest__V1__Report *report,
                Inquest__V1__Device *device, char id[REPORT_ID_BYTES])
{
    static char installation[INSTALLATION_ID_BYTES];
    uint8_t random[10];

    report->kind = INQUEST__V1__KIND__FEEDBACK;
    report->time = clock_unix_ms();
    report->schema_version = 1;
    report->reporter_version = (char *)INQUEST_VERSION;
    report->consent_epoch = home->consent.epoch;
    report->do_not_track = home->do_not_track;
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return -EIO;
    report_id_make((uint64_t)report->time, random, id);
    report->report_id = id;
    int r = installation_id(home->state_fd, installation);
    device->installation_id = installation;
    report->device = device;
    return r;
}

int cmd_feedback(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    OWNED_REPORT *about = NULL;
    Inquest__V1__Report report = INQUEST__V1__REPORT__INIT;
    Inquest__V1__Feedback feedback = INQUEST__V1__FEEDBACK__INIT;
    Inquest__V1__Device device = INQUEST__V1__DEVICE__INIT;
    const char *comment = option_value(invocation, "comment");
    const char *email = option_value(invocation, "email");
    struct stored_report found;
    char id[REPORT_ID_BYTES];

    if (parse_type(option_value(invocation, "type"), &feedback.type) < 0 ||
        (comment && strlen(comment) > COMMENT_BYTES_MAX)) {
        log_error("feedback wants --type smile, frown or idea, and a comment "
                  "of at most 16 KiB");
        return EX_USAGE;
    }
    int status = command_home(&home);
    if (status == 0 && operand(invocation, 0))
        status = command_report(&home, operand(invocation, 0), &found);
    if (status != 0)
        return status;
    if (operand(invocation, 0) &&
        reports_load(&home.queue, found.id, &about) == 0)
        report.app = about->app; /* borrowed */
    feedback.comment = (char *)(comment ? comment : "");
    feedback.email = (char *)(email ? email : "");
    report.feedback = &feedback;
    int r = fill(&home, &report, &device, id);
    if (r == 0)
        r = drop(&home, &report);
    if (r < 0) {
        log_error("the feedback could not be stored: %s", err_text(r));
    } else {
        log_info("stored as %s; inquest preview shows what will be sent", id);
    }
    return exit_status(r);
}
