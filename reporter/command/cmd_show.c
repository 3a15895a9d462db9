/*
 * inquest show: one report for a person, or for a program. Context: tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/show/show_html.h"
#include "reporter/show/show_text.h"
#include "reporter/show/terminal.h"
#include "reporter/show/view.h"
#include "reporter/upload/symbols.h"

/* NO_COLOR (no-color.org): set and not empty, unless --color says always. */
static bool wants_color(const struct invocation *invocation)
{
    const char *when = option_value(invocation, "color");
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (when && (*when == '\0' || strcmp(when, "always") == 0))
        return true;
    if ((when && strcmp(when, "never") == 0) || (no_color && *no_color))
        return false;
    return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

static int write_html(const struct show *show, const char *path)
{
    struct show page = *show;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    if (!file) {
        log_error("cannot write %s: %s", path, strerror(errno));
        return EX_CANTCREAT;
    }
    page.out = file;
    show_html(&page);
    if (ferror(file) | fclose(file)) {
        log_error("cannot write %s: %s", path, strerror(errno));
        return EX_IOERR;
    }
    return EX_OK;
}

static int print(const struct invocation *invocation, json_t *report,
                 json_t *missing)
{
    const char *html = option_value(invocation, "html");
    struct show show = {
        .report = report,
        .missing = missing,
        .out = stdout,
        .color = wants_color(invocation),
        .source = option_given(invocation, "source"),
        .width = terminal_width(STDOUT_FILENO),
    };

    if (html)
        return write_html(&show, html);
    if (option_given(invocation, "json")) {
        json_dumpf(report, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        show_text(&show);
    }
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int cmd_show(const struct invocation *invocation)
{
    OWNED_HOME home = HOME_CLOSED;
    struct stored_report found;
    json_t *report = NULL;

    int status = command_home(&home);
    if (status == 0)
        status = command_report(&home, operand(invocation, 0), &found);
    if (status != 0)
        return status;
    int r = view_open(&home, found.id, &report);
    if (r < 0) {
        log_error("report %s cannot be read: %s", found.id, err_text(r));
        return exit_status(r);
    }
    json_t *missing = json_array();
    if (!option_given(invocation, "raw")) {
        symbols_fill_one(command_debuginfod(invocation, &home.config), report,
                         missing);
    }
    status = print(invocation, report, missing);
    json_decref(report);
    json_decref(missing);
    return status;
}
