/* inquest rm: deletes reports from this machine. Context: tool. */
#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "reporter/commands.h"
#include "reporter/consent_file.h"
#include "reporter/log.h"
#include "reporter/state_file.h"

static int remove_one(const struct home *home,
                      const struct stored_report *stored)
{
    char name[QUEUE_NAME_BYTES];

    int r = queue_name(stored->id, name);
    if (r == 0)
        r = state_file_erase(home->queue.dir_fd[stored->place], name);
    if (r < 0)
        log_error("cannot delete %s: %s", stored->id, err_text(r));
    else
        consent_report_remove(home->state_fd, stored->id);
    return r;
}

static int remove_all(const struct home *home)
{
    OWNED_REPORTS reports = {0};

    int r = reports_list(&home->queue, &reports);
    for (size_t i = 0; i < reports.count; i++) {
        int failed = remove_one(home, &reports.items[i]);
        r = failed < 0 ? failed : r;
    }
    log_info("%zu reports deleted", reports.count);
    return exit_status(r);
}

int cmd_rm(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    struct stored_report stored;

    if (invocation->operand_count == 0) {
        log_error("delete which? inquest rm ID… or inquest rm all");
        return EX_USAGE;
    }
    int status = command_home(&home);
    if (status != 0)
        return status;
    if (strcmp(operand(invocation, 0), "all") == 0)
        return remove_all(&home);
    for (int i = 0; i < invocation->operand_count; i++) {
        int r = command_report(&home, operand(invocation, i), &stored);
        if (r == 0)
            r = exit_status(remove_one(&home, &stored));
        status = r != 0 ? r : status;
    }
    return status;
}
