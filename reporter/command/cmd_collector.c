/* inquest collector: becomes inquest-collector. Context: tool. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"

static const char program[] = "inquest-collector";

/* --NAME=VALUE for each option that was given; ends with NULL. */
static int fill_arguments(const struct invocation *invocation,
                          char *arguments[OPTIONS_GIVEN_MAX + 2])
{
    size_t count = 0;

    arguments[count++] = (char *)program;
    for (size_t i = 0; i < invocation->given_count; i++) {
        const struct option_given *given = &invocation->given[i];
        if (option_is_common(given->name))
            continue; /* for us */
        if (asprintf(&arguments[count++], "--%s=%s", given->name,
                     given->value) < 0)
            return -ENOMEM;
    }
    arguments[count] = NULL;
    return 0;
}

int cmd_collector(const struct invocation *invocation)
{
    char *arguments[OPTIONS_GIVEN_MAX + 2];
    char path[STATE_PATH_BYTES];

    int r = home_program(program, path);
    if (r == 0)
        r = fill_arguments(invocation, arguments);
    if (r == 0) {
        execv(path, arguments);
        r = -errno;
    }
    log_error("cannot start %s: %s", program, err_text(r));
    return EX_UNAVAILABLE;
}
