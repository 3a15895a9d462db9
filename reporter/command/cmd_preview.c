/* inquest preview: the very bytes that would be sent. Context: tool. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "reporter/command/commands.h"
#include "reporter/consent/preview.h"
#include "reporter/log.h"
#include "reporter/upload/outgoing.h"

static int load(const struct home *home, const char *id,
                struct outgoing *ret_outgoing)
{
    OWNED_REPORT *report = NULL;

    int r = reports_load(&home->queue, id, &report);
    return r < 0 ? r : outgoing_pack(home, report, ret_outgoing);
}

static int print(const struct outgoing *outgoing, bool raw)
{
    if (!raw)
        return preview_print(outgoing, stdout);
    fwrite(outgoing->packed, 1, outgoing->packed_bytes, stdout);
    return fflush(stdout) == 0 ? 0 : -EIO;
}

int cmd_preview(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    OWNED_OUTGOING outgoing = {0};
    struct stored_report found;

    int status = command_home(&home);
    if (status == 0)
        status = command_report(&home, operand(invocation, 0), &found);
    if (status != 0)
        return status;
    int r = load(&home, found.id, &outgoing);
    if (r == -ERR_DENIED) {
        log_info("nothing of %s would be sent: %s, %s", found.id,
                 data_class_name(outgoing.denied_class),
                 consent_layer_text(outgoing.decided));
        return EX_NOPERM;
    }
    if (r == 0)
        r = print(&outgoing, option_given(invocation, "raw"));
    if (r < 0) {
        log_error("report %s: %s", found.id, err_text(r));
    } else if (!config_get(&home.config, "endpoint")) {
        log_info("no endpoint is configured: nothing is sent as it is");
    }
    return exit_status(r);
}
