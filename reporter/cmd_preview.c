/* inquest preview: the very bytes that would be sent. Context: tool. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "proto/report_json.h"
#include "reporter/commands.h"
#include "reporter/log.h"
#include "reporter/outgoing.h"

static int print(const struct invocation *invocation,
                 const Inquest__V1__Report *report, struct span packed)
{
    if (option_given(invocation, "raw"))
        return fwrite(packed.data, 1, packed.size_bytes, stdout) ==
                       packed.size_bytes
                   ? 0
                   : EX_IOERR;
    json_t *json = report_to_json(&report->base);
    int r = json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
    return r < 0 ? EX_IOERR : 0;
}

int cmd_preview(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    OWNED_REPORT *report = NULL;
    struct stored_report stored;
    char name[QUEUE_NAME_BYTES];
    uint8_t *file = NULL;
    uint8_t *packed = NULL;
    size_t file_bytes = 0;
    size_t size = 0;

    int status = command_home(&home);
    if (status == 0)
        status = command_report(&home, operand(invocation, 0), &stored);
    if (status != 0)
        return status;
    int r = queue_name(stored.id, name);
    if (r == 0)
        r = report_read_file(home.queue.dir_fd[stored.place], name, &file,
                             &file_bytes);
    if (r == 0)
        r = outgoing_make(&home, (struct span){file, file_bytes}, &packed,
                          &size, &report);
    free(file);
    if (r < 0)
        log_error("%.13s would not be sent: %s", stored.id, err_text(r));
    status = r < 0 ? exit_status(r)
                   : print(invocation, report, (struct span){packed, size});
    free(packed);
    return status;
}
