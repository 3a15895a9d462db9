/* inquest feedback: what a person wants to say. Context: tool. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "reporter/app/app_fill.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/queue/fresh.h"

#define COMMENT_BYTES_MAX 16384

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

int cmd_feedback(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    OWNED_REPORT *about = NULL;
    struct fresh fresh;
    Inquest__V1__Feedback feedback = INQUEST__V1__FEEDBACK__INIT;
    const char *comment = option_value(invocation, "comment");
    const char *email = option_value(invocation, "email");
    struct stored_report found;

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
    feedback.comment = (char *)(comment ? comment : "");
    feedback.email = (char *)(email ? email : "");
    int r = fresh_report(&home, INQUEST__V1__KIND__FEEDBACK, &fresh);
    fresh.report.feedback = &feedback;
    if (operand(invocation, 0) &&
        reports_load(&home.queue, found.id, &about) == 0) {
        app_fill(&home, about);
        fresh.report.app = about->app; /* borrowed */
    }
    if (r == 0)
        r = fresh_drop(&home, &fresh);
    if (r < 0) {
        log_error("the feedback could not be stored: %s", err_text(r));
    } else {
        log_info("stored as %s; inquest preview shows what will be sent",
                 fresh.id);
    }
    return exit_status(r);
}
