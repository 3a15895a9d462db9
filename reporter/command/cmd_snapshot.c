/*
 * inquest snapshot: all stacks and memory of a living process, which goes on.
 * Context: tool.
 */
#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "reporter/command/commands.h"
#include "reporter/command/report_print.h"
#include "reporter/log.h"
#include "reporter/watch/snapshot.h"

static int snapshot_status(int r)
{
    switch (r) {
    case -ESRCH:
        return EX_NOINPUT;
    case -EBUSY:
        return EX_TEMPFAIL;
    default:
        return exit_status(r);
    }
}

static int take(const struct home *home, const struct invocation *invocation,
                pid_t pid)
{
    OWNED_WATCHED watched = WATCHED_NONE;
    char id[REPORT_ID_BYTES];
    char why[SNAPSHOT_WHY_BYTES] = "";

    int r = watched_open(home, pid, &watched);
    if (r == -ESRCH) {
        log_error("there is no process %d, or it has ended", (int)pid);
        return EX_NOINPUT;
    }
    r = snapshot_take(home, &watched, id, why);
    if (r < 0) {
        log_error("%s", why);
        return snapshot_status(r);
    }
    return report_print(home, invocation, id);
}

int cmd_snapshot(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    const char *text = operand(invocation, 0);
    pid_t pid = 0;

    if (!text || invocation->operand_count > 1 ||
        !watched_parse_pid(text, &pid)) {
        log_error("inquest snapshot PID: a process's number is needed%s%s",
                  text ? ", not " : "", text ? text : "");
        return EX_USAGE;
    }
    if (pid == getpid()) {
        log_error("inquest cannot look at itself");
        return EX_USAGE;
    }
    int status = command_home(&home);
    return status != 0 ? status : take(&home, invocation, pid);
}
