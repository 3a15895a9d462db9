/* inquest doctor: is everything in place? Context: tool. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/io.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/show/json_text.h"
#include "reporter/upload/upload_server.h"
#include "reporter/watch/watchable.h"

struct doctor {
    json_t *findings;
    bool healthy;
};

static void find(struct doctor *doctor, const char *what, bool good,
                 const char *detail)
{
    json_array_append_new(doctor->findings,
                          json_pack("{s:s,s:b,s:s}", "check", what, "ok", good,
                                    "detail", detail));
    doctor->healthy = doctor->healthy && good;
}

static void check_program(struct doctor *doctor, const char *name)
{
    char path[STATE_PATH_BYTES];
    int r = home_program(name, path);

    find(doctor, name, r == 0,
         r == 0 ? path : "not beside this program: install or build it again");
}

static void check_installation(struct doctor *doctor)
{
    char path[STATE_PATH_BYTES];
    int r = home_library(path);

    if (r < 0) {
        find(doctor, "libinquest.so", false,
             "not in ../lib: install or build it again");
    } else if (!home_library_preloads(path)) {
        find(doctor, "libinquest.so", false,
             "its path has a blank, a colon or a dollar sign, which LD_PRELOAD "
             "does not take as they are: "
             "install it elsewhere");
    } else {
        find(doctor, "libinquest.so", true, path);
    }
    check_program(doctor, "inquest-dumper");
    check_program(doctor, "inquest-symbolicate");
}

static void check_sending(struct doctor *doctor, const struct home *home)
{
    struct transport *transport = NULL;
    const char *endpoint = config_get(&home->config, "endpoint");
    char why[320] = "";

    if (!endpoint) {
        find(doctor, "sending", true,
             "no endpoint is configured: reports stay on this machine");
        return;
    }
    int r = upload_server_open(home, why, sizeof why, &transport);
    transport_close(&transport);
    find(doctor, "sending", r == 0, r == 0 ? endpoint : why);
}

static void check_state(struct doctor *doctor)
{
    OWNED_HOME home = HOME_CLOSED;
    int r = home_open(&home);

    find(doctor, "state directory", r == 0,
         r == 0 ? home.state_path : err_text(r));
    if (r < 0)
        return;
    if (home.problem[0] != '\0')
        find(doctor, "configuration, policy, consent", false, home.problem);
    r = queue_room(&home.queue, 1);
    find(doctor, "room in the queue", r == 0,
         r == 0         ? "yes"
         : r == -ENOSPC ? "the disk is full: crashes wait in their boxes"
                        : "full: inquest upload, or inquest rm");
    check_sending(doctor, &home);
}

/* Yama: 0 and 1 let the dumper trace its parent, which allows it. */
static void check_tracing(struct doctor *doctor)
{
    char text[16] = "0";
    size_t size = 0;

    int r = io_read_text(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text,
                         sizeof text, &size);
    bool denied = r == 0 && (text[0] == '2' || text[0] == '3');
    find(doctor, "tracing", !denied,
         denied ? "kernel.yama.ptrace_scope forbids it: tier IN_PROCESS"
                : "allowed: tier DUMPER");
    if (prctl(PR_GET_SECCOMP) > 0) {
        find(doctor, "seccomp", true,
             "a filter is active: the dumper may be refused");
    }
    if (home_is_disabled())
        find(doctor, "INQUEST_DISABLE", false, "is 1: nothing is watched");
}

static void check_target(struct doctor *doctor, const char *program)
{
    char path[WATCHABLE_PATH_BYTES];
    char why[WATCHABLE_WHY_BYTES];

    int r = watchable_find(program, path);
    if (r < 0) {
        find(doctor, program, false,
             r == -ENOENT ? "there is no such program along PATH"
                          : err_text(r));
        return;
    }
    r = watchable_check(path, why);
    find(doctor, program, r == 0, r == 0 ? "would be watched" : why);
}

int cmd_doctor(const struct invocation *invocation)
{
    struct doctor doctor = {json_array(), true};
    size_t index;
    json_t *finding;

    check_installation(&doctor);
    check_state(&doctor);
    check_tracing(&doctor);
    if (operand(invocation, 0))
        check_target(&doctor, operand(invocation, 0));
    if (option_given(invocation, "json")) {
        json_text_print(doctor.findings, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        json_array_foreach(doctor.findings, index, finding)
        {
            printf("%-4s %-20s %s\n",
                   json_is_true(json_object_get(finding, "ok")) ? "ok" : "BAD",
                   json_string_value(json_object_get(finding, "check")),
                   json_string_value(json_object_get(finding, "detail")));
        }
    }
    json_decref(doctor.findings);
    return doctor.healthy ? EX_OK : EX_CONFIG;
}
