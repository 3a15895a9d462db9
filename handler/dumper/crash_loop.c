/* The rate limit, asked and told. Context: tool. */
#include "handler/dumper/crash_loop.h"

#include <stdio.h>

#include "handler/dumper/session.h"
#include "proto/rate_limit.h"

bool crash_loop_allows(struct build *build, struct box *box)
{
    char executable[sizeof box->identity.executable];
    char name[sizeof box->app.name];

    if (box->control.rate_limit_off || build->state_fd < 0)
        return true;
    box_string(executable, sizeof executable, box->identity.executable);
    build_app_name(box, name);
    struct rate_program program = {name, executable};
    bool allowed = rate_limit_take(build->state_fd, &program,
                                   session_now_unix_ms(), &build->unreported);
    if (allowed)
        box->control.rate_limit_off = 1;
    return allowed;
}

void crash_loop_note(struct build *build)
{
    char text[160];

    if (build->unreported == 0)
        return;
    (void)snprintf(text, sizeof text,
                   "%llu deaths of this program since the report before made "
                   "no report of their own: they came too fast",
                   (unsigned long long)build->unreported);
    build_note(build, text);
}
