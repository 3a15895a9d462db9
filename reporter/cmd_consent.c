/* inquest consent: what may leave this machine. Context: tool. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/data_class.h"
#include "reporter/audit.h"
#include "reporter/commands.h"
#include "reporter/consent_file.h"
#include "reporter/consent_status.h"
#include "reporter/log.h"
#include "reporter/rewrite.h"
#include "reporter/state_file.h"
#include "reporter/upload_server.h"

static int fail(const char *what, int r)
{
    log_error("%s: %s", what, err_text(r));
    return exit_status(r);
}

/* One change of one class, said by the person who runs the command. */
struct wish {
    enum data_class class;
    enum consent_state state;
    bool include_past;
    const char *way;
};

static void apply(struct home *home, const struct wish *wish)
{
    static const struct consent_report now = {.epoch = UINT64_MAX};
    struct consent_layers layers = home_layers(home);
    struct consent_word *word = &home->consent.words[wish->class];
    bool allowed_before =
        consent_allows(wish->class, &layers, &now) ||
        word->state == CONSENT_GRANTED ||
        (word->state == CONSENT_UNSET && wish->class != CLASS_OPTIONAL);
    uint64_t since = word->since_epoch;

    /* A grant of what was allowed already takes nothing away. */
    if (!allowed_before)
        since = home->consent.epoch;
    if (wish->include_past)
        since = 0;
    *word = (struct consent_word){
        .state = wish->state,
        .time_unix_ms = clock_unix_ms(),
        .notice = CONSENT_NOTICE_VERSION,
        .since_epoch = since,
    };
    snprintf(word->actor, sizeof word->actor, "uid:%u", (unsigned)getuid());
    snprintf(word->way, sizeof word->way, "%s", wish->way);
}

/* Durably first, then the page that running programs see. */
static int store(struct home *home)
{
    int r = consent_file_write(home->state_fd, &home->consent);
    if (r < 0)
        return r;
    struct consent_layers layers = home_layers(home);
    return consent_page_update(home->state_fd, &layers);
}

static int audit(struct home *home, const struct wish *wish)
{
    char detail[128];

    snprintf(detail, sizeof detail, "%s %s epoch=%lu uid=%u%s",
             data_class_name(wish->class), consent_state_name(wish->state),
             (unsigned long)home->consent.epoch, (unsigned)getuid(),
             wish->include_past ? " include-past" : "");
    return audit_append(home->state_fd, "consent", detail);
}

/* OPTIONAL data that lies in the queue goes with its consent. */
static int purge(struct home *home, enum data_class class)
{
    unsigned changed = 0;

    if (class == CLASS_REQUIRED)
        return 0; /* the reports stay for their owner to read */
    return rewrite_all(home, CLASS_ALL & ~CLASS_BIT(class), NULL, &changed);
}

static int change(struct home *home, const struct wish *wish)
{
    struct consent_layers layers = home_layers(home);

    if (wish->class == CLASS_REQUIRED && wish->state == CONSENT_DENIED &&
        layers.required_by_rule) {
        log_error("REQUIRED is set by your administrator and cannot be denied "
                  "here");
        return EX_NOPERM;
    }
    home->consent.epoch++;
    apply(home, wish);
    int r = store(home);
    if (r == 0)
        r = audit(home, wish);
    if (r < 0)
        return fail("the consent could not be stored", r);
    if (wish->state == CONSENT_DENIED && (r = purge(home, wish->class)) < 0)
        return fail("some reports could not be rewritten; try again", r);
    log_info("%s is %s", data_class_name(wish->class),
             consent_state_name(wish->state));
    return EX_OK;
}

static int change_report(struct home *home, const char *prefix,
                         const struct wish *wish)
{
    struct stored_report found;
    struct consent_report word = {0};

    int status = command_report(home, prefix, &found);
    if (status != 0)
        return status;
    consent_report_read(home->state_fd, found.id, &word);
    word.granted &= ~CLASS_BIT(wish->class);
    word.denied &= ~CLASS_BIT(wish->class);
    if (wish->state == CONSENT_GRANTED) {
        word.granted |= CLASS_BIT(wish->class);
    } else {
        word.denied |= CLASS_BIT(wish->class);
    }
    int r = consent_report_write(home->state_fd, found.id, &word);
    if (r == 0)
        r = audit(home, wish);
    if (r < 0)
        return fail("the consent could not be stored", r);
    log_info("%s is %s for report %s", data_class_name(wish->class),
             consent_state_name(wish->state), found.id);
    return EX_OK;
}

static int deny_all(struct home *home)
{
    int r = 0;

    home->consent.epoch++;
    for (int class = CLASS_REQUIRED; class < CLASS_COUNT; class ++) {
        struct wish wish = {(enum data_class) class, CONSENT_DENIED, false,
                            "withdrawal"};
        apply(home, &wish);
    }
    r = store(home);
    return r < 0 ? r
                 : audit_append(home->state_fd, "withdrawal", "all classes");
}

/* Draws a new installation id; the old one goes where reports are deleted. */
static int renew_id(struct home *home, bool local_only,
                    char ret_id[INSTALLATION_ID_BYTES])
{
    char old[INSTALLATION_ID_BYTES];

    int r = installation_id(home->state_fd, old);
    if (r == 0 && !local_only)
        r = deletion_request(home, old);
    if (r == 0)
        r = state_file_erase(home->state_fd, STATE_INSTALLATION_ID);
    return r < 0 ? r : installation_id(home->state_fd, ret_id);
}

static void send_deletion(struct home *home)
{
    struct transport *transport = NULL;
    char why[256] = "";

    int r = upload_server_open(home, why, sizeof why, &transport);
    if (r == -ERR_NOT_FOUND)
        return; /* nothing was ever sent without an endpoint */
    if (r == 0)
        r = deletion_send(home, transport);
    transport_close(&transport);
    if (r < 0) {
        log_warn("the request to delete what was sent waits until the "
                 "collector answers; inquest upload tries again%s%s",
                 *why ? ": " : "", why);
    } else {
        log_info("the collector acknowledged the request to delete");
    }
}

static int withdraw(struct home *home, bool local_only)
{
    char id[INSTALLATION_ID_BYTES];
    unsigned changed = 0;

    int r = deny_all(home);
    if (r < 0)
        return fail("the withdrawal could not be stored", r);
    r = renew_id(home, local_only, id);
    if (r < 0)
        return fail("no new installation id could be drawn", r);
    r = rewrite_all(home, CLASS_BIT(CLASS_REQUIRED), id, &changed);
    if (r < 0)
        return fail("some reports could not be rewritten; try again", r);
    log_info("consent is withdrawn: nothing leaves this machine; %u reports "
             "were rewritten, a new installation id was drawn",
             changed);
    if (!local_only)
        send_deletion(home);
    return EX_OK;
}

static int parse_wish(const struct invocation *invocation, struct wish *wish)
{
    const char *verb = operand(invocation, 0);
    const char *class = operand(invocation, 1);

    wish->way = "command";
    wish->include_past = option_given(invocation, "include-past");
    wish->state = strcmp(verb, "grant") == 0 ? CONSENT_GRANTED : CONSENT_DENIED;
    if (wish->state == CONSENT_DENIED && strcmp(verb, "deny") != 0) {
        log_error("consent does not know %s; it knows status, grant, deny, "
                  "withdraw",
                  verb);
        return -EINVAL;
    }
    if (!class || data_class_parse(class, &wish->class) < 0) {
        log_error("consent %s wants a class: REQUIRED, DETECTION, OPTIONAL, "
                  "FEEDBACK or SENSITIVE",
                  verb);
        return -EINVAL;
    }
    return 0;
}

int cmd_consent(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    const char *verb = operand(invocation, 0);
    const char *report = option_value(invocation, "report");
    bool status_only = !verb || strcmp(verb, "status") == 0;
    bool withdrawal = verb && strcmp(verb, "withdraw") == 0;
    struct wish wish = {0};

    if (!status_only && !withdrawal && parse_wish(invocation, &wish) < 0)
        return EX_USAGE;
    int status = command_home(&home);
    if (status != 0)
        return status;
    if (status_only) {
        json_t *json = consent_status_json(&home);
        if (option_given(invocation, "json")) {
            json_dumpf(json, stdout, JSON_INDENT(2));
        } else {
            consent_status_print(&home, stdout);
        }
        json_decref(json);
        return EX_OK;
    }
    if (withdrawal)
        return withdraw(&home, option_given(invocation, "local-only"));
    return report ? change_report(&home, report, &wish) : change(&home, &wish);
}
