/* inquest audit: the log of what was consented to and sent. Context: tool. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "reporter/audit.h"
#include "reporter/commands.h"
#include "reporter/log.h"

static int verify(const struct home *home)
{
    uint64_t lines = 0;

    int r = audit_verify(home->state_fd, &lines);
    if (r == -ERR_TORN) {
        log_error("%s/%s is not what was written: line %lu or the end behind "
                  "it was changed",
                  home->state_path, AUDIT_FILE, (unsigned long)lines + 1);
    } else if (r < 0) {
        log_error("the audit log cannot be read: %s", err_text(r));
    } else {
        printf("%lu lines, all as they were written\n", (unsigned long)lines);
    }
    return exit_status(r);
}

int cmd_audit(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    const char *verb = operand(invocation, 0);
    char buffer[8192];
    ssize_t size;

    if (verb && strcmp(verb, "verify") != 0) {
        log_error("audit knows only verify");
        return EX_USAGE;
    }
    int status = command_home(&home);
    if (status != 0)
        return status;
    if (verb)
        return verify(&home);
    OWNED_FD fd = openat(home.state_fd, AUDIT_FILE, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (size = read(fd, buffer, sizeof buffer)) > 0)
        fwrite(buffer, 1, (size_t)size, stdout);
    return EX_OK;
}
