/* A line of the terminal's standard error that the next one replaces.
 * Context: tool. */
#include "reporter/show/symbolizer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/state_dir.h"
#include "reporter/home.h"
#include "reporter/show/view.h"

#define CLEAR_LINE "\r\033[K"

static void tell(const char *what, const char *which)
{
    fprintf(stderr, CLEAR_LINE "%s ", what);
    view_print(stderr, which);
}

static void tell_progress(const json_t *progress)
{
    uint64_t bytes = 0;
    uint64_t total = 0;
    char done[VIEW_BYTES_TEXT];
    char all[VIEW_BYTES_TEXT] = "?";
    char text[VIEW_BYTES_TEXT * 2 + 32];

    (void)view_number(progress, "bytes", &bytes); /* 0 at the beginning */
    view_bytes(bytes, done);
    if (view_number(progress, "total", &total) && total > 0)
        view_bytes(total, all);
    (void)snprintf(text, sizeof text, "%.8s: %s of %s",
                   view_text(progress, "buildId"), done, all);
    tell("fetching debug file", text);
}

static void tell_wait(enum symbol_client_event event, const json_t *what)
{
    if (!isatty(STDERR_FILENO))
        return;
    switch (event) {
    case SYMBOL_CLIENT_SLOW:
        tell("reading debug information of", view_text(what, "module"));
        break;
    case SYMBOL_CLIENT_PROGRESS:
        tell_progress(what);
        break;
    case SYMBOL_CLIENT_ANSWERED:
        fputs(CLEAR_LINE, stderr);
        break;
    }
}

int symbolizer_start(const char *debuginfod, struct symbol_client **ret_client)
{
    char path[STATE_PATH_BYTES];
    char *option = NULL;

    int r = home_program("inquest-symbolicate", path);
    if (r < 0)
        return r;
    if (debuginfod && asprintf(&option, "--debuginfod%s%s",
                               *debuginfod ? "=" : "", debuginfod) < 0)
        return -ENOMEM;
    const char *arguments[] = {option, NULL};
    r = symbol_client_start(path, arguments, ret_client);
    free(option);
    if (r == 0)
        symbol_client_on_wait(*ret_client, tell_wait);
    return r;
}
