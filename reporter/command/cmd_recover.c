/*
 * inquest recover: reports of processes that died without a word.
 * Context: tool.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "proto/base/err.h"
#include "proto/queue.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/queue/sweep.h"
#include "reporter/watch/recover.h"

static void complain(const struct home *home, int r)
{
    if (r == -ENOSPC) {
        log_error("the disk of %s has less than %u MiB free: who died waits "
                  "in %s until there is room",
                  home->state_path, QUEUE_FREE_BYTES_MIN >> 20, home->box_path);
    } else if (r == -ERR_QUEUE_FULL) {
        log_error("the queue in %s is full: who died waits in %s; inquest "
                  "upload or inquest rm makes room",
                  home->state_path, home->box_path);
    } else {
        log_error("some boxes in %s made no report: %s", home->box_path,
                  err_text(r));
    }
}

int cmd_recover(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    size_t count = 0;

    int status = command_home_as_is(&home);
    if (status != 0)
        return status;
    int r = recover_all(&home, &count);
    int swept = sweep(&home);
    if (option_given(invocation, "json")) {
        printf("{\"recovered\": %zu}\n", count);
    } else {
        printf("%zu %s dealt with\n", count,
               count == 1 ? "dead process" : "dead processes");
    }
    if (r < 0)
        complain(&home, r);
    if (r == 0 && swept < 0)
        log_error("cannot tidy up %s: %s", home.state_path, err_text(swept));
    return exit_status(r < 0 ? r : swept);
}
