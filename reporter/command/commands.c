/* The table of commands, and what they share. Context: tool. */
#include "reporter/command/commands.h"

#include <errno.h>
#include <sysexits.h>

#include "proto/base/err.h"
#include "reporter/consent/policy_log.h"
#include "reporter/log.h"
#include "reporter/upload/seal_queue.h"
#include "reporter/watch/recover.h"

/* Options of several commands: what is shown, and how. */
#define OPTION_COLOR                                                     \
    {                                                                    \
        "color", ARGUMENT_MAY, "WHEN", "always, never or auto (default)" \
    }
#define OPTION_HTML                                                    \
    {                                                                  \
        "html", ARGUMENT_MUST, "FILE", "write one self-contained page" \
    }
#define OPTIONS_SOURCE                                               \
    {"source", ARGUMENT_NONE, NULL,                                  \
     "lines of source around each frame, where the file is here"},   \
    {                                                                \
        "debuginfod", ARGUMENT_MAY, "URLS",                          \
            "ask these servers, or DEBUGINFOD_URLS, for debug files" \
    }
#define OPTIONS_SHOW                                                        \
    {"json", ARGUMENT_NONE, NULL, "the whole report as JSON"}, OPTION_HTML, \
        {"raw", ARGUMENT_NONE, NULL, "do not look up symbols"},             \
        OPTIONS_SOURCE, OPTION_COLOR

const struct command commands[] = {
    {"run",
     "[--] PROGRAM [ARG…]",
     "run a program and watch it; ends as the program ended",
     cmd_run,
     true,
     {{"app", ARGUMENT_MUST, "NAME", "name of the program in reports"},
      {"app-version", ARGUMENT_MUST, "V", "its version"},
      {"children", ARGUMENT_MUST, "WHICH",
       "watch all (default), none or NAME,… of the programs that it starts"},
      {"wait-upload", ARGUMENT_MUST, "SECONDS",
       "wait for the upload after a crash, at most so long"}}},
    {"list",
     "",
     "list the reports on this machine",
     cmd_list,
     false,
     {{"app", ARGUMENT_MUST, "NAME", "only of this program"},
      {"since", ARGUMENT_MUST, "TIME", "only since: 2026-11-24[T11:00:00]"},
      {"kind", ARGUMENT_MUST, "KIND", "only of this kind: CRASH, …"},
      {"ids", ARGUMENT_NONE, NULL, "ids alone, one a line"},
      {"json", ARGUMENT_NONE, NULL, "an array of objects"}}},
    {"show",
     "[ID|last]",
     "show a report: what happened, where, and the memory before it",
     cmd_show,
     false,
     {OPTIONS_SHOW}},
    {"memory",
     "[ID|PID|last]",
     "draw the memory history of a report, or of a watched program as it runs",
     cmd_memory,
     false,
     {{"json", ARGUMENT_NONE, NULL, "samples and figures as JSON"},
      OPTION_HTML,
      OPTION_COLOR}},
    {"snapshot",
     "PID",
     "all stacks and memory of a living process, which goes on unharmed",
     cmd_snapshot,
     false,
     {OPTIONS_SHOW}},
    {"symbolicate",
     "[ID|FILE|DIRECTORY|-]",
     "functions, files and lines for reports from anywhere",
     cmd_symbolicate,
     false,
     {{"json", ARGUMENT_NONE, NULL, "a JSON object a line"}, OPTIONS_SOURCE}},
    {"rm",
     "ID…|all",
     "delete reports from this machine",
     cmd_rm,
     false,
     {{"json", ARGUMENT_NONE, NULL, "what became of each, as an array"}}},
    {"upload",
     "[ID…]",
     "send the waiting reports, as far as consent allows",
     cmd_upload,
     false,
     {{"wait", ARGUMENT_MAY, "SECONDS",
       "wait for other uploaders, and so long for the collector"},
      {"now", ARGUMENT_NONE, NULL, "also when the collector asked to wait"},
      {"json", ARGUMENT_NONE, NULL, "what was done, as JSON"}}},
    {"consent",
     "[status|grant CLASS|deny CLASS|withdraw]",
     "what may leave this machine",
     cmd_consent,
     false,
     {{"include-past", ARGUMENT_NONE, NULL,
       "grant: also for reports recorded before; shows them first"},
      {"report", ARGUMENT_MUST, "ID", "grant or deny for one report only"},
      {"local-only", ARGUMENT_NONE, NULL, "withdraw: send no deletion request"},
      {"json", ARGUMENT_NONE, NULL, "status as JSON"}}},
    {"preview",
     "[ID|last]",
     "print the very bytes that would be sent",
     cmd_preview,
     false,
     {{"json", ARGUMENT_NONE, NULL, "as JSON, the default"},
      {"raw", ARGUMENT_NONE, NULL, "the protobuf message itself"}}},
    {"status",
     "",
     "what waits, what would be sent, and who decides",
     cmd_status,
     false,
     {{"json", ARGUMENT_NONE, NULL, "as JSON"}}},
    {"recover",
     "",
     "make reports of processes that died without a word",
     cmd_recover,
     false,
     {{"json", ARGUMENT_NONE, NULL, "ids as a JSON array"}}},
    {"export",
     "[ID|last]",
     "write a report to standard output",
     cmd_export,
     false,
     {{"json", ARGUMENT_NONE, NULL, "as JSON, the default"},
      {"public", ARGUMENT_NONE, NULL, "fit for a public bug tracker"},
      {"text", ARGUMENT_NONE, NULL, "as text instead of JSON"}}},
    {"feedback",
     "[ID|last]",
     "tell the authors what you think",
     cmd_feedback,
     false,
     {{"type", ARGUMENT_MUST, "TYPE", "smile, frown or idea"},
      {"comment", ARGUMENT_MUST, "TEXT", "what you want to say"},
      {"email", ARGUMENT_MUST, "ADDRESS", "if you want an answer"}}},
    {"audit",
     "[verify]",
     "the log of consent, sends and deletions",
     cmd_audit,
     false,
     {{"json", ARGUMENT_NONE, NULL, "an object a line"}}},
    {"doctor",
     "[PROGRAM]",
     "is everything in place, and would this program be watched",
     cmd_doctor,
     false,
     {{"json", ARGUMENT_NONE, NULL, "as JSON"}}},
    {"explain-group",
     "[ID|last]",
     "why the collector put a report into its group",
     cmd_explain_group,
     false,
     {{"json", ARGUMENT_NONE, NULL, "as JSON"}}},
    {"symbols",
     "upload FILE…",
     "send debug files to the collector, by build-id",
     cmd_symbols,
     false,
     {{NULL, ARGUMENT_NONE, NULL, NULL}}},
    {"collector",
     "",
     "receive, group and show the reports of many machines",
     cmd_collector,
     false,
     {{"config", ARGUMENT_MUST, "FILE", "projects, tokens, limits"},
      {"listen", ARGUMENT_MUST, "ADDR:PORT",
       "where to listen, default 127.0.0.1:8470"},
      {"db", ARGUMENT_MUST, "FILE", "where to store, default inquest.db"}}},
    {"privacy",
     "",
     "every field that is recorded, its class, purpose and retention",
     cmd_privacy,
     false,
     {{"json", ARGUMENT_NONE, NULL, "as JSON"},
      {"markdown", ARGUMENT_NONE, NULL, "as the page PRIVACY.md"}}},
};
const size_t command_count = ARRAY_LENGTH(commands);

int exit_status(int r)
{
    switch (r) {
    case 0:
        return EX_OK;
    case -EINVAL:
        return EX_USAGE;
    case -ENOENT:
    case -ERR_NOT_FOUND:
    case -ERR_AMBIGUOUS:
        return EX_NOINPUT;
    case -EPERM:
    case -EACCES:
    case -ERR_DENIED:
    case -ERR_SEALED:
        return EX_NOPERM;
    case -ERR_TORN:
    case -ERR_MAGIC:
    case -ERR_VERSION:
    case -ERR_SCHEMA:
    case -ERR_FORMAT:
    case -ERR_LIMIT:
        return EX_DATAERR;
    case -ENOMEM:
        return EX_OSERR;
    case -ERR_HELD:
        return EX_TEMPFAIL;
    default:
        return EX_IOERR;
    }
}

/* Where another directory would fare no better. */
static bool is_lack(int r)
{
    return r == -EMFILE || r == -ENFILE || r == -ENOMEM;
}

int command_home_as_is(struct home *ret_home)
{
    int r = home_open(ret_home);

    if (r < 0) {
        log_error("cannot use the state directory %s: %s%s",
                  ret_home->state_path, err_text(r),
                  is_lack(r) ? ""
                             : "; set INQUEST_STATE_DIR to one of your own");
        return exit_status(r);
    }
    if (ret_home->problem[0] != '\0')
        log_warn("%s", ret_home->problem);
    r = policy_log(ret_home);
    if (r < 0)
        log_warn("cannot write the audit log: %s", err_text(r));
    return 0;
}

void command_seal(struct home *home)
{
    int r = seal_queue(home);

    if (r < 0) {
        log_warn("reports are not sealed: %s",
                 r == -EINVAL ? "seal_key is not 64 hexadecimal digits"
                              : err_text(r));
    }
}

int command_home(struct home *ret_home)
{
    size_t count = 0;
    int status = command_home_as_is(ret_home);

    if (status != 0)
        return status;
    int r = recover_all(ret_home, &count);
    if (r < 0) {
        log_debug("some boxes in %s could not be read: %s", ret_home->box_path,
                  err_text(r));
    }
    command_seal(ret_home);
    return 0;
}

const char *command_debuginfod(const struct invocation *invocation,
                               const struct config *config)
{
    const char *given = option_value(invocation, "debuginfod");
    const char *set = config ? config_get(config, "debuginfod") : NULL;

    if (given)
        return given;
    if (!set || strcmp(set, "no") == 0)
        return NULL;
    return strcmp(set, "yes") == 0 ? "" : set;
}

int command_report(const struct home *home, const char *prefix,
                   struct stored_report *ret_report)
{
    OWNED_REPORTS reports = {0};
    const struct stored_report *found = NULL;

    int r = reports_list(&home->queue, &reports);
    if (r == 0)
        r = reports_find(&reports, prefix, &found);
    if (r == 0) {
        *ret_report = *found;
        return 0;
    }
    if (r == -ERR_NOT_FOUND && (!prefix || reports.count == 0)) {
        log_error("there is no report in %s yet; inquest run -- PROGRAM "
                  "watches a program",
                  home->state_path);
    } else if (r == -ERR_NOT_FOUND) {
        log_error("no report begins with %s; inquest list shows them", prefix);
    } else if (r == -ERR_AMBIGUOUS) {
        log_error("several reports begin with %s; give more of the id", prefix);
    } else {
        log_error("cannot read the queue in %s: %s", home->state_path,
                  err_text(r));
    }
    return exit_status(r);
}
