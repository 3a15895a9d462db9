/* inquest consent: what may leave this machine. Context: tool. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "proto/base/fd.h"
#include "proto/data_class.h"
#include "proto/keyfile.h"
#include "reporter/command/commands.h"
#include "reporter/consent/audit.h"
#include "reporter/consent/consent_file.h"
#include "reporter/consent/consent_status.h"
#include "reporter/consent/deletion.h"
#include "reporter/consent/preview.h"
#include "reporter/consent/rewrite.h"
#include "reporter/consent/withdraw.h"
#include "reporter/log.h"
#include "reporter/show/json_text.h"
#include "reporter/show/terminal.h"
#include "reporter/upload/upload_server.h"

#define NOT_GRANTED "nothing was granted, for the audit log cannot say it"

static int fail(const struct home *home, const char *what, int r)
{
    if (r == -ERR_HELD) {
        log_error("%s: another process holds a lock in %s; fuser -v on its "
                  "files names it: end it and type the same again",
                  what, home->state_path);
    } else {
        log_error("%s: %s", what, err_text(r));
    }
    return exit_status(r);
}

static int audit(struct home *home, const struct consent_wish *wish,
                 const char *of)
{
    char detail[160];

    snprintf(detail, sizeof detail, "%s %s epoch=%lu uid=%u %s",
             data_class_name(wish->class), consent_state_name(wish->state),
             (unsigned long)home->consent.epoch, (unsigned)getuid(), of);
    return audit_append(home->state_fd, "consent", detail);
}

/* Beside how the word itself fared: stored, it counts for all that is sent. */
static int tell(const struct home *home, int status)
{
    if (home->page_error == 0)
        return status;
    int untold = fail(home,
                      "running programs cannot be told what may be recorded "
                      "(consent.page)",
                      home->page_error);
    return status == EX_OK ? untold : status;
}

/* What lies in the queue goes with its consent. */
static int purge(struct home *home, enum data_class class)
{
    unsigned changed = 0;

    if (class == CLASS_REQUIRED)
        return 0; /* the reports stay for their owner to read */
    return rewrite_all(home, CLASS_ALL & ~CLASS_BIT(class), NULL, &changed);
}

/* Once it is stored it stands: neither a log nor a report that somebody holds
 * undoes it. */
static int deny(struct home *home, const struct consent_wish *wish, int *lock)
{
    int r = consent_store_denial(home, CLASS_BIT(wish->class), *lock);
    fd_close(lock); /* rewriting may take long */
    if (r < 0)
        return fail(home, "the consent could not be stored", r);
    int noted = audit(home, wish, "all");
    r = purge(home, wish->class);
    if (r < 0)
        return fail(home, "denied, but some reports could not be rewritten", r);
    if (noted < 0)
        return fail(home, "denied, but the audit log does not say so", noted);
    return EX_OK;
}

static int denied_meanwhile(const struct consent_wish *wish)
{
    log_error("%s was denied meanwhile, and that stands",
              data_class_name(wish->class));
    return EX_TEMPFAIL;
}

/* Nothing is allowed that the log cannot say. */
static int allow(struct home *home, const struct consent_wish *wish)
{
    int r = audit(home, wish, "all");
    if (r < 0)
        return fail(home, NOT_GRANTED, r);
    r = consent_store(home);
    if (r < 0)
        return fail(home, "the consent could not be stored", r);
    return home->consent.words[wish->class].state == CONSENT_GRANTED
               ? EX_OK
               : denied_meanwhile(wish);
}

/* Why the wish cannot be stored as things are; 0: it can. */
static int check(struct home *home, const struct consent_wish *wish)
{
    struct consent_layers layers = home_layers(home);

    if (wish->class == CLASS_REQUIRED && wish->state == CONSENT_DENIED &&
        layers.required_by_rule) {
        log_error("REQUIRED is set by your administrator and cannot be denied "
                  "here");
        return EX_NOPERM;
    }
    if (keyfile_unread(home->consent_error)) {
        return fail(home, "the consent cannot be read and was not changed",
                    home->consent_error);
    }
    return EX_OK;
}

/* Begun already: no other word comes in between. Ends it. */
static int store(struct home *home, const struct consent_wish *wish, int *lock)
{
    int status = check(home, wish);
    if (status != EX_OK)
        return status;
    home->consent.epoch++;
    consent_apply(home, wish);
    status = wish->state == CONSENT_DENIED ? deny(home, wish, lock)
                                           : allow(home, wish);
    if (status != EX_OK)
        return status;
    log_info("%s is %s", data_class_name(wish->class),
             consent_state_name(wish->state));
    return EX_OK;
}

static int change(struct home *home, const struct consent_wish *wish)
{
    OWNED_FD lock = -1;

    int r = consent_begin(home, &lock);
    if (r < 0 && wish->state == CONSENT_GRANTED)
        return fail(home, "nothing was granted", r);
    return store(home, wish, &lock);
}

/* On a terminal the person says so once more, having seen it. */
static bool agreed(size_t count)
{
    char answer[16] = "";

    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return true; /* who wrote the script asked for it by name */
    fprintf(stderr, "Let %zu earlier report%s leave like this? [y/N] ", count,
            count == 1 ? "" : "s");
    return fgets(answer, sizeof answer, stdin) &&
           (answer[0] == 'y' || answer[0] == 'Y');
}

/* What was shown is what leaves: not after another word. */
static int grant_shown(struct home *home, const struct consent_wish *wish,
                       const struct preview_past *past)
{
    OWNED_FD lock = -1;
    uint64_t shown = home->consent.epoch;

    int r = consent_begin(home, &lock);
    if (r < 0)
        return fail(home, "nothing was granted", r);
    if (home->consent.epoch != shown) {
        log_error("the consent was changed meanwhile, so nothing was granted; "
                  "type the same again");
        return EX_TEMPFAIL;
    }
    int status = store(home, wish, &lock);
    if (status != EX_OK)
        return status;
    r = preview_past_allow(home, wish->class, past);
    return r < 0 ? fail(home, "granted, but not for all earlier reports", r)
                 : EX_OK;
}

static void say_how_far(const struct preview_past *past)
{
    log_info("it reaches back to %zu report%s%s", past->count,
             past->count == 1 ? "" : "s",
             past->left_out > 0 ? "; there are more: the same again" : "");
    if (past->unread > 0) {
        log_warn("%zu report%s could not be shown (torn, or sealed), so the "
                 "grant does not reach back to %s",
                 past->unread, past->unread == 1 ? "" : "s",
                 past->unread == 1 ? "it" : "them");
    }
}

/* A grant that reaches back, but to nothing that was not shown. */
static int change_with_past(struct home *home, const struct consent_wish *wish)
{
    static struct preview_past past;

    int r = preview_past(home, wish->class, stdout, &past);
    if (r < 0) {
        return fail(home, "the earlier reports cannot be shown, so they stay",
                    r);
    }
    if (past.count > 0 && !agreed(past.count)) {
        log_info("nothing was changed");
        return EX_NOPERM;
    }
    int status = grant_shown(home, wish, &past);
    if (status == EX_OK)
        say_how_far(&past);
    return status;
}

static int deny_report(struct home *home, const struct consent_wish *wish,
                       const char *id, const struct consent_report *word,
                       bool held)
{
    int r = consent_report_deny(home->state_fd, id, word, held);
    if (r < 0)
        return fail(home, "the consent could not be stored", r);
    r = audit(home, wish, id);
    return r < 0 ? fail(home, "denied, but the audit log does not say so", r)
                 : EX_OK;
}

static int allow_report(struct home *home, const struct consent_wish *wish,
                        const char *id, const struct consent_report *word)
{
    int r = audit(home, wish, id);
    if (r < 0)
        return fail(home, NOT_GRANTED, r);
    r = consent_report_write(home->state_fd, id, word);
    if (r < 0)
        return fail(home, "the consent could not be stored", r);
    struct consent_report now = {0};
    return consent_report_read(home->state_fd, id, &now) == -ERR_WITHHELD
               ? denied_meanwhile(wish)
               : EX_OK;
}

static int change_report(struct home *home, const char *prefix,
                         const struct consent_wish *wish)
{
    struct stored_report found;
    struct consent_report word = {0};
    OWNED_FD lock = -1;

    int status = command_report(home, prefix, &found);
    if (status != 0)
        return status;
    int r = consent_begin(home, &lock);
    if (r < 0 && wish->state == CONSENT_GRANTED)
        return fail(home, "nothing was granted", r);
    r = consent_report_read(home->state_fd, found.id, &word);
    if (keyfile_unread(r)) /* what is no word denies all, until there is one */
        return fail(home, "the consent could not be stored", r);
    word.granted &= ~CLASS_BIT(wish->class);
    word.denied &= ~CLASS_BIT(wish->class);
    if (wish->state == CONSENT_GRANTED) {
        word.granted |= CLASS_BIT(wish->class);
    } else {
        word.denied |= CLASS_BIT(wish->class);
    }
    status = wish->state == CONSENT_DENIED
                 ? deny_report(home, wish, found.id, &word, lock >= 0)
                 : allow_report(home, wish, found.id, &word);
    if (status != EX_OK)
        return status;
    log_info("%s is %s for report %s", data_class_name(wish->class),
             consent_state_name(wish->state), found.id);
    return EX_OK;
}

static void send_deletion(struct home *home)
{
    struct transport *transport = NULL;
    struct deletion_count left = {0};
    char why[256] = "";

    int r = home->do_not_track
                ? -ERR_DENIED
                : upload_server_open(home, why, sizeof why, &transport);
    if (r == 0)
        r = deletion_send(home, transport, &left);
    transport_close(&transport);
    if (r == -ERR_NOT_FOUND) {
        log_info("no endpoint is configured: the request to delete what was "
                 "sent waits until one is");
    } else if (r < 0) {
        log_warn("the request to delete what was sent waits until the "
                 "collector answers; inquest upload tries again%s%s",
                 *why ? ": " : "", why);
    } else if (left.accepted > 0) {
        log_info("the collector accepted the request to delete; inquest "
                 "upload asks whether it is done");
    } else {
        log_info("the collector acknowledged the request to delete");
    }
    if (left.unlogged < 0) {
        log_warn("the audit log does not say how the request stands: %s",
                 err_text(left.unlogged));
    }
}

static int withdraw_consent(struct home *home, bool local_only)
{
    unsigned rewritten = 0;

    int r = withdraw(home, local_only, &rewritten);
    if (r < 0)
        return fail(home, "the withdrawal is not complete; try again", r);
    log_info("consent is withdrawn: nothing leaves this machine; %u reports "
             "were rewritten, a new installation id was drawn",
             rewritten);
    if (!local_only)
        send_deletion(home);
    return EX_OK;
}

static int parse_wish(const struct invocation *invocation,
                      struct consent_wish *wish)
{
    const char *verb = operand(invocation, 0);
    const char *class = operand(invocation, 1);

    wish->way = "command";
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
    struct consent_wish wish = {0};

    if (!status_only && !withdrawal && parse_wish(invocation, &wish) < 0)
        return EX_USAGE;
    int status = command_home(&home);
    if (status != 0)
        return status;
    if (status_only) {
        json_t *json = consent_status_json(&home);
        if (option_given(invocation, "json")) {
            json_text_print(json, stdout, JSON_INDENT(2));
            putchar('\n');
        } else {
            consent_status_print(&home, stdout, terminal_width(STDOUT_FILENO));
        }
        json_decref(json);
        return EX_OK;
    }
    if (report && !withdrawal)
        return change_report(&home, report, &wish);
    if (withdrawal) {
        status =
            withdraw_consent(&home, option_given(invocation, "local-only"));
    } else if (wish.state == CONSENT_GRANTED &&
               option_given(invocation, "include-past")) {
        status = change_with_past(&home, &wish);
    } else {
        status = change(&home, &wish);
    }
    return tell(&home, status);
}
