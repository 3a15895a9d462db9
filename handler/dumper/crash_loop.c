/* The rate limit, asked and told. Context: tool. */
#include "handler/dumper/crash_loop.h"

#include <stdio.h>

#include "handler/dumper/session.h"
#include "proto/rate_limit.h"

#define ALARM_SUFFIX " (memory alarms)" /* a bucket of their own */

static bool take(struct build *build, const char *suffix)
{
    char executable[sizeof build->box->identity.executable];
    char name[sizeof build->box->app.name];
    char key[sizeof name + sizeof ALARM_SUFFIX];

    if (build->state_fd < 0)
        return true;
    box_string(executable, sizeof executable, build->box->identity.executable);
    build_app_name(build->box, name);
    (void)snprintf(key, sizeof key, "%s%s", name, suffix);
    struct rate_program program = {key, executable};
    return rate_limit_take(build->state_fd, &program, session_now_unix_ms(),
                           &build->unreported);
}

bool crash_loop_allows(struct build *build, struct box *box)
{
    if (box->control.rate_limit_off)
        return true;
    bool allowed = take(build, "");
    if (allowed && build->state_fd >= 0)
        box->control.rate_limit_off = 1;
    return allowed;
}

bool crash_loop_allows_alarm(struct build *build)
{
    return build->box->control.rate_limit_off || take(build, ALARM_SUFFIX);
}

void crash_loop_note(struct build *build)
{
    char text[160];

    if (build->unreported == 0)
        return;
    (void)snprintf(text, sizeof text,
                   "%llu %s of this program since the report before made no "
                   "report of their own: they came too fast",
                   (unsigned long long)build->unreported,
                   build->report.alarm ? "alarms" : "deaths");
    build_note(build, text);
}
