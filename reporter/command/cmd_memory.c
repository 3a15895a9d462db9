/*
 * inquest memory: the memory history of a report, or of a living process.
 * Context: tool.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "reporter/chart/history.h"
#include "reporter/chart/memory_page.h"
#include "reporter/chart/text_memory.h"
#include "reporter/command/commands.h"
#include "reporter/command/report_print.h"
#include "reporter/log.h"
#include "reporter/show/json_text.h"
#include "reporter/show/terminal.h"
#include "reporter/show/view.h"
#include "reporter/watch/live_report.h"
#include "reporter/watch/memory_live.h"
#include "reporter/watch/watched.h"

#define MEMORY_ROWS 12 /* of the chart, where nobody looks on */

/* Of a whole report: who, what and when, and the memory. */
static const char *const members[] = {"reportId", "kind",        "time",
                                      "app",      "process",     "crash",
                                      "alarm",    "termination", "memory"};

static int write_page(const json_t *report, const struct history *history,
                      const char *path)
{
    FILE *page = print_open_page(path);

    if (!page)
        return EX_CANTCREAT;
    memory_page_write(report, history, page);
    return print_close_page(page, path);
}

static int write_json(const json_t *report)
{
    json_t *part = json_object();

    for (size_t i = 0; part && i < ARRAY_LENGTH(members); i++) {
        json_t *member = json_object_get(report, members[i]);
        if (member)
            (void)json_object_set(part, members[i], member); /* or without */
    }
    if (!part)
        return EX_OSERR;
    json_text_print(part, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(part);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static struct text_style style_of(const struct invocation *invocation)
{
    return (struct text_style){
        .width = terminal_width(STDOUT_FILENO),
        .rows = MEMORY_ROWS,
        .utf8 = terminal_utf8(),
        .color = print_color(invocation),
    };
}

static int write_text(const struct invocation *invocation, const json_t *report,
                      const struct history *history)
{
    const struct text_style style = style_of(invocation);
    struct history_span span = history_whole(history);

    text_memory_write(report, &span, &style, stdout);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int print(const struct invocation *invocation, const json_t *report)
{
    const char *html = option_value(invocation, "html");
    OWNED_HISTORY history = {0};

    int r = history_read(report, &history);
    if (r < 0)
        return exit_status(r);
    if (html)
        return write_page(report, &history, html);
    if (option_given(invocation, "json"))
        return write_json(report);
    return write_text(invocation, report, &history);
}

/* On a terminal that can be painted on, unless something else is wanted. */
static bool wants_live(const struct invocation *invocation)
{
    const char *term = getenv("TERM");

    return !option_given(invocation, "html") &&
           !option_given(invocation, "json") && isatty(STDOUT_FILENO) && term &&
           strcmp(term, "dumb") != 0;
}

static int draw_live(const struct invocation *invocation,
                     struct watched *watched)
{
    const struct text_style style = style_of(invocation);

    int r = memory_live(watched, &style);
    if (r < 0) {
        log_error("process %d cannot be followed: %s", (int)watched->pid,
                  err_text(r));
        return r == -ESRCH ? EX_NOINPUT : exit_status(r);
    }
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int of_process(const struct invocation *invocation,
                      struct watched *watched)
{
    json_t *report = NULL;

    if (wants_live(invocation))
        return draw_live(invocation, watched);
    int r = live_report(watched->box, &report);
    if (r < 0)
        return exit_status(r);
    int status = print(invocation, report);
    json_decref(report);
    return status;
}

static int of_report(const struct home *home,
                     const struct invocation *invocation, const char *prefix)
{
    struct stored_report found;
    json_t *report = NULL;

    int status = command_report(home, prefix, &found);
    if (status != 0)
        return status;
    int r = view_open(home, found.id, &report);
    if (r < 0) {
        log_error("report %s cannot be read: %s", found.id, err_text(r));
        return exit_status(r);
    }
    status = print(invocation, report);
    json_decref(report);
    return status;
}

/* Digits may also begin an id: a report that is there is what was meant. */
static bool is_report(const struct home *home, const char *prefix)
{
    OWNED_REPORTS reports = {0};
    const struct stored_report *found = NULL;

    return reports_list(&home->queue, &reports) == 0 &&
           reports_find(&reports, prefix, &found) != -ERR_NOT_FOUND;
}

int cmd_memory(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    OWNED_WATCHED watched = WATCHED_NONE;
    const char *which = operand(invocation, 0);
    pid_t pid = 0;

    int status = command_home(&home);
    if (status != 0)
        return status;
    if (!which || !watched_parse_pid(which, &pid))
        return of_report(&home, invocation, which);
    int r = watched_open(&home, pid, &watched);
    if (r == 0)
        return of_process(invocation, &watched);
    if (is_report(&home, which))
        return of_report(&home, invocation, which);
    if (r == -ESRCH) {
        log_error("there is no process %d, and no report begins so", (int)pid);
    } else {
        log_error("process %d is not watched: inquest run -- PROGRAM watches "
                  "a program, inquest snapshot %d looks at it once",
                  (int)pid, (int)pid);
    }
    return EX_NOINPUT;
}
