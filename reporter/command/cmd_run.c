/*
 * inquest run: starts a program with the library preloaded, ends as it ended,
 * and sees to the report of its death. Context: tool.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/box.h"
#include "proto/box_place.h"
#include "reporter/app/app_fill.h"
#include "reporter/app/usage.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/queue/retention.h"
#include "reporter/upload/seal_queue.h"
#include "reporter/watch/aftermath.h"
#include "reporter/watch/child.h"
#include "reporter/watch/program_file.h"
#include "reporter/watch/recover.h"
#include "reporter/watch/sweeper.h"
#include "reporter/watch/watchable.h"

#define EXIT_NOT_STARTED 126 /* as the shell */
#define EXIT_NOT_FOUND   127
#define NUMBER_BYTES     40
#define SWEEP_S          60
#define SWEEP_S_MAX      86400

/* Fails with -ENOMEM, as setenv. */
static int set_variable(const char *name, const char *value)
{
    return setenv(name, value, 1) < 0 ? -errno : 0;
}

/* Without memory for it the program goes without that wish. */
static void set_or_clear(const char *name, const char *value)
{
    if (!value || set_variable(name, value) < 0)
        unsetenv(name);
}

/* Ours first; what was preloaded before stays. */
static int set_preload(void)
{
    char library[STATE_PATH_BYTES];
    char *joined = NULL;
    const char *before = getenv("LD_PRELOAD");

    int r = home_preload(library);
    if (r < 0)
        return r;
    if (asprintf(&joined, "%s%s%s", library, before && *before ? ":" : "",
                 before ? before : "") < 0)
        return -ENOMEM;
    r = set_variable("LD_PRELOAD", joined);
    free(joined);
    return r;
}

/* The thresholds of alarms, each under the name that the library reads. */
static void set_alarms(const struct config *config)
{
    for (size_t i = 0; i < config_key_count; i++) {
        const struct config_key *key = &config_keys[i];
        if (strncmp(key->name, "alarm_", strlen("alarm_")) != 0)
            continue;
        const char *value = config_get(config, key->name);
        if (value && value[strspn(value, "0123456789")] != '\0') {
            log_warn("%s wants a whole number, not '%.40s': the default counts",
                     key->name, value);
        }
        set_or_clear(key->variable, value);
    }
}

/* What the library reads in the child: handler/config.h. */
static int set_environment(const struct invocation *invocation,
                           const struct config *config)
{
    char dumper[STATE_PATH_BYTES];
    char number[NUMBER_BYTES];

    (void)snprintf(number, sizeof number, "%d:%llu", (int)getpid(),
                   (unsigned long long)box_place_inode("/proc/self/ns/pid"));
    int r = home_program("inquest-dumper", dumper);
    if (r == 0)
        r = set_variable("INQUEST_SUPERVISOR_PID", number);
    if (r == 0)
        r = set_variable("INQUEST_DUMPER", dumper);
    if (r == 0)
        r = set_preload();
    if (r < 0)
        return r;
    set_or_clear("INQUEST_RATE_LIMIT", config_get(config, "rate_limit"));
    set_alarms(config);
    set_or_clear("INQUEST_CHILDREN", option_value(invocation, "children"));
    set_or_clear("INQUEST_APP", option_value(invocation, "app"));
    set_or_clear("INQUEST_APP_VERSION",
                 option_value(invocation, "app-version"));
    return 0;
}

/*
 * Prepares the watching; when it cannot be, says so in one line. Whether the
 * program's death makes a report: nothing of ours needs to be in it for that.
 */
static bool prepare(const struct invocation *invocation,
                    const struct config *config)
{
    char library[STATE_PATH_BYTES];
    char path[WATCHABLE_PATH_BYTES];
    char why[WATCHABLE_WHY_BYTES] = "";
    const char *program = operand(invocation, 0);

    if (home_is_disabled())
        return false;
    if (home_library(library) == 0 && !home_library_preloads(library)) {
        (void)snprintf(why, sizeof why,
                       "the library's path has a blank, a colon or a dollar "
                       "sign, which LD_PRELOAD does not take as they are");
    } else if (watchable_find(program, path) == 0) {
        DROP(watchable_check(path, why)); /* why stays "" where it can be */
    }
    if (why[0] != '\0') {
        log_warn("cannot watch %s: %s; running it unwatched, and reporting "
                 "only how it ends",
                 program, why);
        return true;
    }
    int r = set_environment(invocation, config);
    if (r < 0) {
        log_warn("cannot watch %s: %s%s; running it unwatched", program,
                 r == -ENOMEM ? "" : "the library is not beside this program: ",
                 err_text(r));
    }
    return r == 0;
}

static void tell(const struct invocation *invocation, bool sealed,
                 const struct aftermath *aftermath)
{
    if (!isatty(STDERR_FILENO) && !option_given(invocation, "verbose"))
        return;
    fprintf(stderr, "inquest: %s (%s); %s %.13s\n", aftermath->cause,
            operand(invocation, 0),
            sealed ? "sealed for the collector as" : "type: inquest show",
            aftermath->report_id);
}

/* The program runs by now: what it is called, and that it was started. */
static void note_start(struct home *home, const struct aftermath *aftermath,
                       struct usage_run *ret_usage)
{
    const int64_t start_ms = (int64_t)aftermath->start_ms;
    struct app_identity app;
    struct app_said said = {
        .path = aftermath->executable,
        .name = aftermath->app,
        .version = aftermath->app_version,
    };

    if (said.path && app_started(home, &said, start_ms, &app) == 0)
        usage_start(home, &app, start_ms, ret_usage);
}

static bool is_rightly_used(const struct invocation *invocation)
{
    const char *wait = option_value(invocation, "wait-upload");

    if (!operand(invocation, 0)) {
        log_error("run what? inquest run -- PROGRAM [ARG…]");
        return false;
    }
    if (wait && (*wait == '\0' || wait[strspn(wait, "0123456789")] != '\0')) {
        log_error("--wait-upload wants whole seconds");
        return false;
    }
    return true;
}

/*
 * No descriptor or process for us to stand beside the program: then it runs
 * without us, which needs neither. Returns the errno of exec.
 */
static int run_alone(const struct invocation *invocation, bool watched, int r)
{
    log_warn("cannot stand beside %s: %s; %s", operand(invocation, 0),
             err_text(r),
             watched ? "a crash makes a report, another death does not"
                     : "running it unwatched");
    (void)unsetenv("INQUEST_SUPERVISOR_PID");
    return -child_become(invocation->operands, environ);
}

static long sweep_ms(const struct config *config)
{
    long seconds = config_number(config, "sweep_interval", SWEEP_S);

    return (seconds > 0 && seconds <= SWEEP_S_MAX ? seconds : SWEEP_S) * 1000;
}

/* Boxes of all that this process was the supervisor of. */
static void clear_up(const struct home *home, const struct child *child,
                     struct sweeper *sweeper)
{
    aftermath_end(home, child);
    sweeper_wait(sweeper);
    recover_descendants(home);
}

static bool open_state(const struct invocation *invocation, struct home *home)
{
    int r = home_open(home);

    if (r < 0) {
        log_warn("cannot open the state directory: %s; running %s unwatched",
                 err_text(r), operand(invocation, 0));
    } else if (home->problem[0] != '\0') {
        log_warn("%s", home->problem);
    }
    return r == 0;
}

/* The report that there is. What is amiss here the next command says. */
static void pass_on(const struct invocation *invocation, struct home *home,
                    const struct aftermath *aftermath)
{
    tell(invocation, home_seals(home), aftermath);
    DROP(seal_queue(home));
    DROP(retention_apply(home));
    aftermath_upload(home, option_value(invocation, "wait-upload"));
}

int cmd_run(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    struct aftermath aftermath = {0};
    char executable[PATH_MAX];
    struct child child;
    struct child_end end;
    int exec_errno = 0;

    if (!is_rightly_used(invocation))
        return EX_USAGE;
    bool ready = open_state(invocation, &home);
    bool reported = ready && prepare(invocation, &home.config);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* orphans come to us */
    aftermath_prepare(&aftermath);
    aftermath.app = option_value(invocation, "app");
    aftermath.app_version = option_value(invocation, "app-version");
    if (program_file(invocation->operands, executable) == 0)
        aftermath.executable = executable;
    int r = child_start(invocation->operands, environ, &child, &exec_errno);
    if (r < 0)
        exec_errno = run_alone(invocation, reported, r);
    if (exec_errno) {
        log_error("cannot start %s: %s", operand(invocation, 0),
                  err_text(-exec_errno));
        return exec_errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_STARTED;
    }
    struct usage_run usage = {0};
    struct sweeper sweeper = {&home, -1};
    const struct child_meanwhile sweeps = {sweep_ms(&home.config),
                                           sweeper_start, &sweeper};
    if (reported)
        note_start(&home, &aftermath, &usage);
    child_wait(&child, reported ? &sweeps : NULL, &end);
    if (ready) /* it may have run for weeks */
        (void)home_refresh(&home);
    usage_end(&home, &usage, child.pid, end.signal == 0,
              aftermath_deserves_report(&end));
    if (reported && aftermath_of(&aftermath, &home, &child, &end))
        pass_on(invocation, &home, &aftermath);
    child_reap(&child);
    if (reported)
        clear_up(&home, &child, &sweeper);
    child_die_alike(&end);
}
