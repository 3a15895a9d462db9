/* A report, printed. Context: tool. */
#include "reporter/command/report_print.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "proto/base/err.h"
#include "reporter/command/commands.h"
#include "reporter/log.h"
#include "reporter/show/json_text.h"
#include "reporter/show/show_html.h"
#include "reporter/show/show_text.h"
#include "reporter/show/symbols.h"
#include "reporter/show/terminal.h"
#include "reporter/show/view.h"

bool print_color(const struct invocation *invocation)
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

FILE *print_open_page(const char *path)
{
    if (strcmp(path, "-") == 0)
        return stdout;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *page = fd < 0 ? NULL : fdopen(fd, "w");

    if (!page)
        log_error("cannot write %s: %s", path, strerror(errno));
    return page;
}

int print_close_page(FILE *page, const char *path)
{
    int bad = fflush(page) | ferror(page);

    if (page != stdout)
        bad |= fclose(page);
    if (!bad)
        return EX_OK;
    log_error("cannot write %s: %s", path, strerror(errno));
    return EX_IOERR;
}

static int write_html(const struct show *show, const char *path)
{
    struct show page = *show;

    page.out = print_open_page(path);
    if (!page.out)
        return EX_CANTCREAT;
    show_html(&page);
    return print_close_page(page.out, path);
}

static int print(const struct invocation *invocation, json_t *report,
                 json_t *missing)
{
    const char *html = option_value(invocation, "html");
    struct show show = {
        .report = report,
        .missing = missing,
        .out = stdout,
        .color = print_color(invocation),
        .source = option_given(invocation, "source"),
        .width = terminal_width(STDOUT_FILENO),
    };

    if (html)
        return write_html(&show, html);
    if (option_given(invocation, "json")) {
        json_text_print(report, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        show_text(&show);
    }
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* Who are told what the names lack. */
static bool is_for_people(const struct invocation *invocation)
{
    return option_given(invocation, "html") ||
           !option_given(invocation, "json");
}

int report_print(const struct home *home, const struct invocation *invocation,
                 const char *id)
{
    json_t *report = NULL;

    int r = view_open(home, id, &report);
    if (r < 0) {
        log_error("report %s cannot be read: %s", id, err_text(r));
        return exit_status(r);
    }
    json_t *missing = json_array();
    if (!option_given(invocation, "raw")) {
        symbols_fill_one(command_debuginfod(invocation, &home->config), report,
                         is_for_people(invocation) ? missing : NULL);
    }
    int status = print(invocation, report, missing);
    json_decref(report);
    json_decref(missing);
    return status;
}
