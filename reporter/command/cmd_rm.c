/* inquest rm: deletes reports from this machine. Context: tool. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "reporter/command/commands.h"
#include "reporter/consent/audit.h"
#include "reporter/log.h"
#include "reporter/queue/claim.h"
#include "reporter/queue/discard.h"
#include "reporter/show/json_text.h"

static int remove_one(struct home *home, const struct stored_report *item,
                      json_t *array)
{
    int r = discard_report(home, item);
    int noted = r == 0 ? audit_append(home->state_fd, "removed", item->id) : 0;

    if (noted < 0) {
        log_error("report %s is deleted, but the audit log does not say so: %s",
                  item->id, err_text(noted));
    } else if (r == -EBUSY || r == -ERR_HELD ||
               (r == -ENOENT && item->place == QUEUE_BUSY)) {
        log_error("report %s is being sent just now; try again", item->id);
    } else if (r < 0) {
        log_error("cannot delete report %s: %s", item->id, err_text(r));
    } else {
        log_info("deleted %s", item->id);
    }
    json_array_append_new(
        array, json_pack("{s:s,s:b}", "reportId", item->id, "deleted", r == 0));
    return exit_status(r < 0 ? r : noted);
}

static int remove_all(struct home *home, json_t *array)
{
    OWNED_REPORTS reports = {0};
    int status = EX_OK;

    int r = reports_list(&home->queue, &reports);
    if (r < 0)
        return exit_status(r);
    for (size_t i = 0; i < reports.count; i++) {
        int one = remove_one(home, &reports.items[i], array);
        status = one != EX_OK ? one : status;
    }
    return status;
}

int cmd_rm(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    struct stored_report found;
    json_t *array;

    if (invocation->operand_count == 0) {
        log_error("rm wants report ids, last, or all");
        return EX_USAGE;
    }
    int status = command_home(&home);
    if (status == 0 && claim_revive(&home.queue) < 0)
        log_debug("cannot look into busy/");
    array = json_array();
    for (int i = 0; status == 0 && i < invocation->operand_count; i++) {
        const char *name = operand(invocation, i);
        if (strcmp(name, "all") == 0) {
            status = remove_all(&home, array);
            continue;
        }
        status = command_report(&home, name, &found);
        if (status == 0)
            status = remove_one(&home, &found, array);
    }
    if (option_given(invocation, "json")) {
        json_text_print(array, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(array);
    return status;
}
