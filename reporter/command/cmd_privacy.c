/* inquest privacy: the notice and the data inventory. Context: tool. */
#include <jansson.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "reporter/command/commands.h"
#include "reporter/consent/notice.h"

#define WIDTH_DEFAULT 80

static unsigned width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return size.ws_col;
}

int cmd_privacy(const struct invocation *invocation)
{
    if (option_given(invocation, "json")) {
        json_t *json = notice_json();
        json_dumpf(json, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(json);
    } else if (option_given(invocation, "markdown")) {
        notice_markdown(stdout);
    } else {
        notice_text(stdout, width());
    }
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
