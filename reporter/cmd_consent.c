/* inquest consent: what may leave this machine. Context: tool. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "reporter/commands.h"
#include "reporter/consent_file.h"
#include "reporter/log.h"
#include "reporter/state_file.h"

#define NOTICE_VERSION 1

/* Writes the word durably first, then tells running programs. */
static int say(struct home *home, enum data_class class,
               enum consent_state state)
{
    struct consent_word *word = &home->consent.words[class];

    home->consent.epoch++;
    *word = (struct consent_word){
        .state = state,
        .time_unix_ms = clock_unix_ms(),
        .notice = NOTICE_VERSION,
        .since_epoch = home->consent.epoch,
    };
    (void)snprintf(word->actor, sizeof word->actor, "uid:%u",
                   (unsigned)getuid());
    (void)snprintf(word->way, sizeof word->way, "command");
    int r = consent_file_write(home->state_fd, &home->consent);
    if (r < 0)
        return r;
    struct consent_layers layers = home_layers(home);
    return consent_page_update(home->state_fd, &layers);
}

static int change(struct home *home, const char *verb, const char *name)
{
    enum data_class class;
    bool grant = strcmp(verb, "grant") == 0;

    if (!name || data_class_parse(name, &class) < 0) {
        log_error("consent %s: expected one of REQUIRED DETECTION OPTIONAL "
                  "FEEDBACK SENSITIVE",
                  verb);
        return EX_USAGE;
    }
    if (grant && class == CLASS_SENSITIVE) {
        log_error("SENSITIVE data is never granted for all reports");
        return EX_NOPERM;
    }
    int r = say(home, class, grant ? CONSENT_GRANTED : CONSENT_DENIED);
    if (r < 0) {
        log_error("cannot write the consent file in %s: %s", home->state_path,
                  err_text(r));
        return exit_status(r);
    }
    printf("%s is %s\n", data_class_name(class), grant ? "granted" : "denied");
    return 0;
}

int cmd_consent(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    const char *verb = operand(invocation, 0);

    if (!verb || strcmp(verb, "status") == 0)
        return cmd_status(invocation);
    if (strcmp(verb, "grant") != 0 && strcmp(verb, "deny") != 0) {
        log_error("consent %s: expected status, grant or deny", verb);
        return EX_USAGE;
    }
    int status = command_home(&home);
    return status ? status : change(&home, verb, operand(invocation, 1));
}
